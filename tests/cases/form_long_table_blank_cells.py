# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(q, requires_grad=True) for q in parameters]
h1 = torch.sigmoid(W1 @ torch.tensor(x) + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
loss = 0.5 * ((out - torch.tensor(y)) ** 2).sum(0).mean()
loss.backward()
# %%
print("instance unit h1 h2 output")
for n in range(5):
    for u in range(4): print(f"{n+1:5d} {u+1:5d} {h1[u,n]:12.8f} {h2[u,n]:12.8f} " + (f"{out[u,n]:12.8f}" if u < 2 else ""))
