# %% include handout
# %% include tensors
# %%
z1 = W1 @ x + b1[:, None]
h1 = torch.sigmoid(z1)
h2 = torch.sigmoid(W2 @ z1 + b2[:, None])
out = W3 @ h2 + b3[:, None]
# %% include backward
# %% include show_layers
# %% include show_gradients
