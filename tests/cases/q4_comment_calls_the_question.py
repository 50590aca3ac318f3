# %% include handout
# %% [markdown]
# ## From homework 3
# %%
sig = lambda z: 1 / (1 + np.exp(-z))
W1n, b1n, W2n, b2n, W3n, b3n = parameters
A1 = sig(W1n @ x + b1n[:, None]); A2 = sig(W2n @ A1 + b2n[:, None]); A3 = W3n @ A2 + b3n[:, None]
D3 = (A3 - y) / 5; D2 = W3n.T @ D3 * A2 * (1 - A2); D1 = W2n.T @ D2 * A1 * (1 - A1)
hw3 = {"W1": D1 @ x.T, "b1": D1.sum(1), "W2": D2 @ A1.T, "b2": D2.sum(1), "W3": D3 @ A2.T, "b3": D3.sum(1)}
for k, v in hw3.items(): print(f"hw3 d{k} =\n{v}")
# %% [markdown]
# ## PyTorch
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
loss.backward()
for k, p in zip(hw3, [W1, b1, W2, b2, W3, b3]): print(f"pytorch d{k} =\n{p.grad}")
# %%
# Question 4: same results as before? -> yes, identical up to floating point precision
for k, p in zip(hw3, [W1, b1, W2, b2, W3, b3]): print(k, np.allclose(hw3[k], p.grad.numpy()))
