# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(p, requires_grad=True) for p in parameters]
X, Y = torch.tensor(x), torch.tensor(y)
h1 = torch.sigmoid(W1 @ X + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
loss = 0.5 * ((out - Y) ** 2).sum(0).mean()
print("h1:", h1); print("h2:", h2); print("output:", out)
loss.backward()
for n, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print(f"dL/d{n}:"); print(p.grad)
# %% [markdown]
# My old numpy results (I had used seed 1 back then, so they differ):
# %%
np.random.seed(1)
q, x2, y2 = initialize(3, 4, 2, 5)
s = lambda z: 1 / (1 + np.exp(-z))
A = s(q[0] @ x2 + q[1][:, None]); B = s(q[2] @ A + q[3][:, None]); C = q[4] @ B + q[5][:, None]
print("h1:", A); print("h2:", B); print("output:", C)
