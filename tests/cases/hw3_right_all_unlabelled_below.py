# %% [markdown]
# # Homework 3 and 4
# %% include handout
# %%
W1, b1, W2, b2, W3, b3 = parameters
sig = lambda z: 1 / (1 + np.exp(-z))
def forward(x):
    h1 = sig(W1 @ x + b1[:, None]); h2 = sig(W2 @ h1 + b2[:, None])
    return h1, h2, W3 @ h2 + b3[:, None]
h1, h2, out = forward(x)
d3 = (out - y) / 5; d2 = W3.T @ d3 * h2 * (1 - h2); d1 = W2.T @ d2 * h1 * (1 - h1)
print("h1 =", h1, "h2 =", h2, "out =", out, "dW1 =", d1 @ x.T, "db1 =", d1.sum(1), "dW2 =", d2 @ h1.T, "db2 =", d2.sum(1), "dW3 =", d3 @ h2.T, "db3 =", d3.sum(1), sep="\n")
# %% [markdown]
# ## Homework 4: now with PyTorch
# %%
import torch, torch.nn as nn
net = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 4), nn.Sigmoid(), nn.Linear(4, 2)).double()
for p, v in zip(net.parameters(), parameters): p.data = torch.tensor(v)
inp = torch.tensor(x.T)
inp = (inp - inp.mean(0)) / inp.std(0)
a = inp
for layer in net:
    a = layer(a)
    print(a.detach())
# %%
loss = 0.5 * ((a - torch.tensor(y.T)) ** 2).sum(1).mean()
loss.backward()
for p in net.parameters(): print(p.grad)
