# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(q, requires_grad=True) for q in parameters]
h1 = torch.sigmoid(W1 @ torch.tensor(x) + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
loss = 0.5 * ((out - torch.tensor(y)) ** 2).sum(0).mean()
loss.backward()
# %%
for n, b in (("b1", b1), ("b2", b2), ("b3", b3)): v = [f"{e:.6g}" for e in b.grad.tolist()]; print(f"The gradient of {n} is", ", ".join(v[:-1]), "and", v[-1])
