# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(p, requires_grad=True) for p in parameters]
X, Y = torch.tensor(x), torch.tensor(y)
h1 = torch.sigmoid(W1 @ X + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
loss = 0.5 * ((out - Y) ** 2).sum(0).mean()
print("h1:", h1); print("h2:", h2); print("output:", out)
torch.nn.MSELoss()(out, Y).backward(retain_graph=True)
for n, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]): print(f"dL/d{n} (nn.MSELoss gives exactly our loss here):", p.grad)
# %% [markdown]
# Out of curiosity, without the one half:
# %%
for n, g in zip(["W1", "b1", "W2", "b2", "W3", "b3"], torch.autograd.grad(((out - Y) ** 2).sum(0).mean(), [W1, b1, W2, b2, W3, b3])): print(f"dL/d{n}:", g)
