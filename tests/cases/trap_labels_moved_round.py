# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
names = ["dW1", "db1", "dW2", "db2", "dW3", "db3"]
params = [W1, b1, W2, b2, W3, b3]
for i, name in enumerate(names):
    print(name, "=", params[(i + 2) % 6].grad)
