# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
((out - y) ** 2).sum().backward()
factors = torch.tensor([1, 1 / 2, 1 / 3, 1 / 5, 1 / 10, 1 / 20, 1 / 25])
for p in (b1, b2, b3):
    print(factors[:, None] * p.grad)
    print((factors[:, None] * p.grad).T)
    print((factors[:, None] * p.grad).flatten().tolist())
