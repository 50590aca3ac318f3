# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print("d" + name, 0.05 * p.grad)
