# %% include handout
# %% include tensors
# %%
print(x)
print(y)
h1 = torch.sigmoid(W1 @ x + b1[:, None])
print(W1, b1, h1)
h2 = torch.sigmoid(W2 @ h1 + b2[:, None])
print(W2, b2, h2)
out = W3 @ h2 + b3[:, None]
print(W3, b3, out)
# %% include backward
# %%
print(W1.grad, b1.grad)
print(W2.grad, b2.grad)
print(W3.grad, b3.grad)
