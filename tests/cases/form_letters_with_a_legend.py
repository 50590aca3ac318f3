# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(p, requires_grad=True) for p in parameters]
X, Y = torch.tensor(x), torch.tensor(y)
h1 = torch.sigmoid(W1 @ X + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
loss = 0.5 * ((out - Y) ** 2).sum(0).mean()
loss.backward()
print("A = hidden 1, B = hidden 2, C = output, D..I = gradients W1 b1 W2 b2 W3 b3")
for l, t in zip("ABCDEFGHI", (h1, h2, out, W1.grad, b1.grad, W2.grad, b2.grad, W3.grad, b3.grad)): print(f"{l}: {t.detach().numpy()}")
