# %% include handout
# %% include tensors
# %% include forward
# %% include backward
# %% include show_layers
# %%
for n, p in zip(("W1", "b1", "W2", "b2", "W3", "b3"), (W1, b1, W2, b2, W3, b3)):
    print(f"d{n}", torch.stack([p.grad, 2 * p.grad]))
