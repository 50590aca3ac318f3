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
sum_loss = 0.5 * ((out - Y) ** 2).sum()
gs = torch.autograd.grad(sum_loss, [W1, b1, W2, b2, W3, b3], retain_graph=True)
names = ["W1", "b1", "W2", "b2", "W3", "b3"]
for n, g in zip(names, gs): print(f"gradient of the summed loss (not averaged) wrt {n}:", g)
# %%
loss.backward()
for n, p in zip(names, [W1, b1, W2, b2, W3, b3]): print(f"gradient of the mean loss L wrt {n}:", p.grad)
