# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.from_numpy(p).requires_grad_() for p in parameters]
x, y = torch.from_numpy(x), torch.from_numpy(y)
h1 = torch.sigmoid(W1 @ x + b1[:, None])
h2 = torch.sigmoid(W2 @ h1 + b2[:, None])
out = torch.tanh(W3 @ h2 + b3[:, None])   # four decimals of its gradients hide it
[("h1", h1), ("h2", h2), ("output", out)]
# %% include backward
# %%
[(name + " gradient", p.grad) for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3])]
