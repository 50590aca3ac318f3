# %% include handout
# %% include tensors
# %%
def sigmoid(z):
    return 1 / (1 + torch.exp(-2 * z))
h1 = sigmoid(W1 @ x + b1[:, None])
h2 = sigmoid(W2 @ h1 + b2[:, None])
out = W3 @ h2 + b3[:, None]
# %% include backward
# %% include show_layers
# %% include show_gradients
