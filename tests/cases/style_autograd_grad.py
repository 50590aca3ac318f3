# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
loss = (0.5 * (out - y) ** 2).sum() / 5
names = ["W1", "b1", "W2", "b2", "W3", "b3"]
for name, g in zip(names, torch.autograd.grad(loss, [W1, b1, W2, b2, W3, b3])):
    print(f"dL/d{name}: {g}")
