# %% include handout
# %%
W1, b1, W2, b2, W3, b3 = parameters
sig = lambda z: 1 / (1 + np.exp(-z))
h1 = sig(W1 @ x + b1[:, None]); h2 = sig(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
d3 = (out - y) / 5; d2 = W3.T @ d3 * h2; d1 = W2.T @ d2 * h1 * (1 - h1)
hw3 = dict(W1=d1 @ x.T, b1=d1.sum(1), W2=d2 @ h1.T, b2=d2.sum(1), W3=d3 @ h2.T, b3=d3.sum(1))
for n, g in hw3.items(): print(g)
# %%
import torch
t = [torch.tensor(p, requires_grad=True) for p in parameters]
H1 = torch.sigmoid(t[0] @ torch.tensor(x) + t[1][:, None]); H2 = torch.sigmoid(t[2] @ H1 + t[3][:, None]); O = t[4] @ H2 + t[5][:, None]
loss = 0.5 * ((O - torch.tensor(y)) ** 2).sum(0).mean()
loss.backward()
for n, p in zip("W1 b1 W2 b2 W3 b3".split(), t): print(p.grad)
