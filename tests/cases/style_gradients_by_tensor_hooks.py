# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(p, requires_grad=True) for p in parameters]
X, Y = torch.tensor(x), torch.tensor(y)
h1 = torch.sigmoid(W1 @ X + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
loss = 0.5 * ((out - Y) ** 2).sum(0).mean()
print("h1:", h1); print("h2:", h2); print("output:", out)
G = {}
for n, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]): p.register_hook(lambda g, n=n: print("gradient arriving at", n, ":\n", g))
loss.backward()
