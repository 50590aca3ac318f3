# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(p, requires_grad=True) for p in parameters]
X, Y = torch.tensor(x), torch.tensor(y)
z1 = W1 @ X + b1[:, None]; print("pre-activation 1", z1); h1 = torch.sigmoid(z1); print(h1)
z2 = W2 @ h1 + b2[:, None]; print("pre-activation 2", z2); h2 = torch.sigmoid(z2); print(h2)
out = W3 @ h2 + b3[:, None]; print(out)
(0.5 * ((out - Y) ** 2).sum(0).mean()).backward()
for p in (W1, b1, W2, b2, W3, b3): print(p.grad)
