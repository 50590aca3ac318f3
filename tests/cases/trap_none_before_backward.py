# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
print("before:")
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print("grad", name, p.grad)
# %% include backward
# %%
print("after:")
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print("grad", name, p.grad)
