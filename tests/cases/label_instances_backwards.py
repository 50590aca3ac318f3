# %% include handout
# %% include tensors
# %% include forward
# %%
for n in reversed(range(5)):
    print(f"h1 of instance {n}:", h1[:, n])
print("h2 =", h2)
print("output =", out)
# %% include backward
# %% include show_gradients
