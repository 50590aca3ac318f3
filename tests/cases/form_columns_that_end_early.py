# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(q, requires_grad=True) for q in parameters]
h1 = torch.sigmoid(W1 @ torch.tensor(x) + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
(0.5 * ((out - torch.tensor(y)) ** 2).sum(0).mean()).backward()
print("instance unit     h1         h2         output")
for n in range(5):
    for u in range(4):
        print(f"   {n+1}      {u+1}   {h1[u, n]:.7f}  {h2[u, n]:.7f}  " + (f"{out[u, n]:.7f}" if u < 2 else "    -"))
# %%
print("layer to from   dL/dW           dL/db")
for l, (W, b) in enumerate([(W1, b1), (W2, b2), (W3, b3)], 1):
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            print(f"  {l}   {i+1}   {j+1}   {W.grad[i, j]: .6e}   " + (f"{b.grad[i]: .6e}" if j == 0 else ""))
