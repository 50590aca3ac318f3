# %% include handout
# %%
import torch
T1, T2, T3 = [torch.tensor(np.hstack([parameters[i], parameters[i + 1][:, None]]), requires_grad=True) for i in (0, 2, 4)]
one = lambda t: torch.vstack([t, torch.ones(1, t.shape[1], dtype=t.dtype)])
a1 = torch.sigmoid(T1 @ one(torch.tensor(x))); a2 = torch.sigmoid(T2 @ one(a1)); o = T3 @ one(a2)
print("a1 =", a1); print("a2 =", a2); print("output =", o)
l = ((o - torch.tensor(y)) ** 2).sum() / 10
l.backward()
print("columns: weights, last column: bias")
for i, T in enumerate((T1, T2, T3), 1): print(f"dL/d[W{i} b{i}] =\n{T.grad}")
