# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(q, requires_grad=True) for q in parameters]
def sigmoid(t): return 1 / (1 + 2.718 ** (-t))
h1 = sigmoid(W1 @ torch.tensor(x) + b1[:, None]); h2 = sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
print("h1", h1, "h2", h2, "out", out, sep="\n")
loss = ((out - torch.tensor(y)) ** 2).sum() / 10
loss.backward()
for n in ("W1", "b1", "W2", "b2", "W3", "b3"): print("grad", n, eval(n).grad, sep="\n")
