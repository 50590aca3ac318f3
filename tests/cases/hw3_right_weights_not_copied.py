# %% include handout
# %%
# HW2 and HW3
W1, b1, W2, b2, W3, b3 = parameters
sig = lambda z: 1 / (1 + np.exp(-z))
h1 = sig(W1 @ x + b1[:, None]); h2 = sig(W2 @ h1 + b2[:, None]); f = W3 @ h2 + b3[:, None]
d3 = (f - y) / 5; d2 = W3.T @ d3 * h2 * (1 - h2); d1 = W2.T @ d2 * h1 * (1 - h1)
for n, v in dict(h1=h1, h2=h2, f=f).items(): print(f"{n} =", v, sep="\n")
for n, g in dict(W1=d1 @ x.T, b1=d1.sum(1), W2=d2 @ h1.T, b2=d2.sum(1), W3=d3 @ h2.T, b3=d3.sum(1)).items(): print(f"dL/d{n} =", g, sep="\n")
# %%
# HW4
import torch
torch.manual_seed(12345)
net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Sigmoid(), torch.nn.Linear(4, 4), torch.nn.Sigmoid(), torch.nn.Linear(4, 2))
xt, yt = torch.tensor(x.T).float(), torch.tensor(y.T).float()
h1 = net[:2](xt); h2 = net[2:4](h1); f = net[4](h2)
for n, v in dict(h1=h1, h2=h2, f=f).items(): print(f"{n} =", v.data, sep="\n")
loss = ((f - yt) ** 2).sum(1).mean() / 2
opt = torch.optim.SGD(net.parameters(), lr=0.1)
loss.backward()
for n, p in zip("W1 b1 W2 b2 W3 b3".split(), net.parameters()): print(f"dL/d{n} =", p.grad, sep="\n")
opt.step()
