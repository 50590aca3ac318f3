# %% include handout
# %%
import torch
# this student writes x @ W, so the weights are transposed and biases are rows
V1, c1, V2, c2, V3, c3 = [torch.tensor(p.T.reshape(-1, p.shape[0]), requires_grad=True) for p in parameters]
X, Y = torch.tensor(x.T), torch.tensor(y.T)
H1 = torch.sigmoid(X @ V1 + c1)
H2 = torch.sigmoid(H1 @ V2 + c2)
F = H2 @ V3 + c3
print("H1", H1)
print("H2", H2)
print("F", F)
(0.5 * (F - Y).square()).sum().div(5).backward()
for name, v in dict(W1=V1, b1=c1, W2=V2, b2=c2, W3=V3, b3=c3).items():
    print("d" + name, v.grad)
