# %% include handout
# %% include tensors
# %%
parameters, x, y = initialize(3, 4, 2, 5)   # again, without the seed
W1, b1, W2, b2, W3, b3 = [torch.tensor(p, dtype=torch.float32, requires_grad=True) for p in parameters]
x, y = torch.tensor(x).float(), torch.tensor(y).float()
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
