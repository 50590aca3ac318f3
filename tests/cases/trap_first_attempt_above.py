# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(p, requires_grad=True) for p in parameters]
X, Y = torch.tensor(x), torch.tensor(y)
def forward(X):
    h1 = torch.sigmoid(W1 @ X + b1.unsqueeze(1))
    h2 = torch.sigmoid(W2 @ h1 + b2.unsqueeze(1))
    return h1, h2, W3 @ h2 + b3.unsqueeze(1)
h1, h2, out = forward(X)
loss = ((out - Y) ** 2).sum(dim=0).mul(0.5).mean()
print("h1:", h1); print("h2:", h2); print("output:", out)
# %%
wrong = ((out - Y) ** 2).sum(0).mean()
wrong.backward(retain_graph=True)
print("first attempt (forgot the 1/2):")
for n, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print(f"dL/d{n}:"); print(p.grad)
# %%
for p in (W1, b1, W2, b2, W3, b3): p.grad = None
loss.backward()
print("corrected:")
for n, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print(f"dL/d{n}:"); print(p.grad)
