# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(q, requires_grad=True) for q in parameters]
h1 = torch.sigmoid(W1 @ torch.tensor(x) + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
for n in range(5):
    for l, h in (("first hidden layer", h1), ("second hidden layer", h2), ("output layer", out)):
        print(f"For instance {n+1} the {l} gives " + " and ".join([", ".join(f"{v:.5f}" for v in h[:-1, n].tolist()), f"{h[-1, n]:.5f}"]) + ".")
# %%
(0.5 * ((out - torch.tensor(y)) ** 2).sum(0).mean()).backward()
for nm, p in dict(W1=W1, W2=W2, W3=W3).items():
    for i in range(p.shape[0]):
        for j in range(p.shape[1]):
            print(f"The derivative of the loss with respect to {nm}[{i}][{j}] is {p.grad[i, j].item():.6g}.")
for nm, p in dict(b1=b1, b2=b2, b3=b3).items():
    for i in range(p.shape[0]): print(f"The derivative of the loss with respect to {nm}[{i}] is {p.grad[i].item():.6g}.")
