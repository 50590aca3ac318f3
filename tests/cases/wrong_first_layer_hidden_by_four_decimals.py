# %% include handout
# %% include tensors
# %%
h1 = torch.sigmoid(torch.relu(W1 @ x + b1[:, None]))
h2 = torch.sigmoid(W2 @ h1 + b2[:, None])   # prints the same four decimals as the right h2
out = W3 @ h2 + b3[:, None]
# %% include show_layers
# %% include backward
# %% include show_gradients
