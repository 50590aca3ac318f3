# %% include handout
# %%
import torch
t = [torch.tensor(p, requires_grad=True) for p in parameters]
h1 = torch.sigmoid(t[0] @ torch.tensor(x) + t[1][:, None]); h2 = torch.sigmoid(t[2] @ h1 + t[3][:, None]); out = t[4] @ h2 + t[5][:, None]
print("h1", h1.data, "h2", h2.data, "out", out.data, sep="\n")
loss = ((out - torch.tensor(y)) ** 2).sum()
loss.backward(retain_graph=True)
for n, p in zip(("W1", "b1", "W2", "b2", "W3", "b3"), t): print(f"dL/d{n}", p.grad, sep="\n")
# %% [markdown]
# ### Just for fun: what would the gradients be with a factor 1/10?
# %%
for n, p in zip(("W1", "b1", "W2", "b2", "W3", "b3"), t): print(f"dL/d{n}", p.grad / 10, sep="\n")
