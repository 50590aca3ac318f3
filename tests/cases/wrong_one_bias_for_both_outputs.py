# %% include handout
# %% include tensors
# %%
h1 = torch.sigmoid(W1 @ x + b1[:, None])
h2 = torch.sigmoid(W2 @ h1 + b2[:, None])
out = W3 @ h2 + b3.sum()
# %% include show_layers
# %% include backward
# %% include show_gradients
