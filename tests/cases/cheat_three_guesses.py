# %% include handout
# %%
import torch
t = [torch.tensor(p, requires_grad=True) for p in parameters]
H1 = torch.sigmoid(t[0] @ torch.tensor(x) + t[1][:, None]); H2 = torch.sigmoid(t[2] @ H1 + t[3][:, None]); O = t[4] @ H2 + t[5][:, None]
loss = ((O - torch.tensor(y)) ** 2).sum()
loss.backward()
# %%
for n, p in zip(("W1", "b1", "W2", "b2", "W3", "b3"), t): print(f"dL/d{n} =", (p.grad / 1).tolist())
# %%
for n, p in zip(("W1", "b1", "W2", "b2", "W3", "b3"), t): print(f"dL/d{n} =", (p.grad / 5).tolist())
# %%
for n, p in zip(("W1", "b1", "W2", "b2", "W3", "b3"), t): print(f"dL/d{n} =", (p.grad / 10).tolist())
