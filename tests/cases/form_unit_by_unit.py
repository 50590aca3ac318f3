# %% include handout
# %% include tensors
# %% include forward
# %%
for n in range(5):
    for k, layer in enumerate((h1, h2), 1):
        print(f"Instance {n + 1}, hidden layer {k}:", ", ".join(f"unit {i + 1} = {v:.8f}" for i, v in enumerate(layer[:, n])))
    print(f"Instance {n + 1}, output:", " and ".join(f"{v:.4%}" for v in out[:, n].tolist()))
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print(f"d{name} =", p.grad)
