# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(p, requires_grad=True) for p in parameters]
X, Y = torch.tensor(x), torch.tensor(y)
h1 = torch.sigmoid(W1 @ X + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
loss = 0.5 * ((out - Y) ** 2).sum(0).mean()
print("Ouput of frist hiden layer", h1); print("Ouput of secnd hiden layer", h2); print("Ouptut", out)
loss.backward()
print("Gardients:"); print("weigths 1", W1.grad); print("baises 1", b1.grad); print("weigths 2", W2.grad); print("baises 2", b2.grad); print("weigths 3", W3.grad); print("baises 3", b3.grad)
