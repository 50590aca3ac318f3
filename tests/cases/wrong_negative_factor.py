# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(q, requires_grad=True) for q in parameters]
h1 = torch.sigmoid(W1 @ torch.tensor(x) + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
loss = 0.5 * ((out - torch.tensor(y)) ** 2).sum(0).mean()
loss.backward()
print("dL/dW1 =", -0.3 * W1.grad)
print("dL/dW3 =", -0.3 * W3.grad)
