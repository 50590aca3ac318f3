# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(p) for p in parameters]
X, Y = torch.tensor(x), torch.tensor(y)
h1 = torch.sigmoid(W1 @ X + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
print(h1); print(h2); print(out)
# %%
d3 = (out - Y) / 5; d2 = W3.T @ d3 * h2 * (1 - h2); d1 = W2.T @ d2 * h1 * (1 - h1)
print(d1 @ X.T); print(d1.sum(1)); print(d2 @ h1.T); print(d2.sum(1)); print(d3 @ h2.T); print(d3.sum(1))
