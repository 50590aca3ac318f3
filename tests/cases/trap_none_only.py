# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
loss = (0.5 * (out - y) ** 2).sum() / 5
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print("grad", name, p.grad)
loss.backward()
