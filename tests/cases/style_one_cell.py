# %% include handout
# %%
import torch
P = [torch.tensor(p, requires_grad=True) for p in parameters]
X, T = torch.tensor(x), torch.tensor(y)
z1 = P[0] @ X + P[1][:, None]; a1 = torch.sigmoid(z1)
z2 = P[2] @ a1 + P[3][:, None]; a2 = torch.sigmoid(z2)
o = P[4] @ a2 + P[5][:, None]
L = ((o - T) ** 2).sum(0).mul(.5).mean(); L.backward()
print(a1, a2, o, *[p.grad for p in P], sep="\n\n")
