# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(p, requires_grad=True) for p in parameters]
X, Y = torch.tensor(x), torch.tensor(y)
h1 = torch.sigmoid(W1 @ X + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
loss = 0.5 * ((out - Y) ** 2).sum(0).mean()
print("h1:", h1); print("h2:", h2); print("output:", out)
a1, a2, o = h1.detach().numpy(), h2.detach().numpy(), out.detach().numpy()
D3 = (o - y) / 5; D2 = parameters[4].T @ D3 * a2 * (1 - a2); D1 = parameters[2].T @ D2 * a1 * (1 - a1)
for p, g in zip([W1, b1, W2, b2, W3, b3], [D1 @ x.T, D1.sum(1), D2 @ a1.T, D2.sum(1), D3 @ a2.T, D3.sum(1)]): p.grad = torch.tensor(g)
for n, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print(f"dL/d{n}:"); print(p.grad)
