# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(q, requires_grad=True) for q in parameters]
h1 = torch.sigmoid(W1 @ torch.tensor(x) + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
loss = 0.5 * ((out - torch.tensor(y)) ** 2).sum(0).mean()
loss.backward()
# %%
print("unit db1 db2 db3")
for u in range(4): print(f"{u+1:3d} {b1.grad[u]:14.6e} {b2.grad[u]:14.6e} " + (f"{b3.grad[u]:14.6e}" if u < 2 else "-"))
