# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(q, requires_grad=True) for q in parameters]
h1 = torch.sigmoid(W1 @ torch.tensor(x) + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
loss = 0.5 * ((out - torch.tensor(y)) ** 2).sum(0).mean()
loss.backward()
# %%
order = [2, 0, 3, 1, 4]
print("h1 (instances 3, 1, 4, 2, 5):\n", h1[:, order].detach().numpy()); print("h2:\n", h2[:, order].detach().numpy()); print("output:\n", out[:, order].detach().numpy())
