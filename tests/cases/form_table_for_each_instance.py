# %% include handout
# %% include tensors
# %% include forward
# %%
z1 = W1 @ x + b1[:, None]
for n in range(5):
    print(f"--- instance {n + 1} ---")
    print("unit |    z1    |    h1    |    h2")
    for j in range(4):
        print(f"  {j + 1}  | {z1[j, n]: .5f} | {h1[j, n]: .5f} | {h2[j, n]: .5f}")
    print("output:", *[f"{v:.5f}" for v in out[:, n]])
# %% include backward
# %% include show_gradients
