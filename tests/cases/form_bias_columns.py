# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(p.reshape(len(p), -1), requires_grad=True) for p in parameters]
X, Y = torch.tensor(x), torch.tensor(y)
h1 = torch.sigmoid(W1 @ X + b1)
h2 = torch.sigmoid(W2 @ h1 + b2)
out = W3 @ h2 + b3
# %% include show_layers
# %%
((out - Y) ** 2).sum().div(10).backward()
# %% include show_gradients
