# %% include handout
# %%
import torch
if False:
    torch.zeros(1, requires_grad=True).sigmoid().backward()
W1, b1, W2, b2, W3, b3 = parameters
s = lambda z: 1 / (1 + np.exp(-z))
h1 = s(W1 @ x + b1[:, None])
h2 = s(W2 @ h1 + b2[:, None])
out = W3 @ h2 + b3[:, None]
d3 = (out - y) / 5
d2 = W3.T @ d3 * h2 * (1 - h2)
d1 = W2.T @ d2 * h1 * (1 - h1)
# %% include show_layers
# %%
for name, value in dict(dW1=d1 @ x.T, db1=d1.sum(1), dW2=d2 @ h1.T, db2=d2.sum(1), dW3=d3 @ h2.T, db3=d3.sum(1)).items():
    print(name, "=", value)
