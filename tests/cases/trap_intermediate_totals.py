# %% include handout
# %% include tensors
# %%
z1 = W1 @ x + b1[:, None]
print("z1 = W1 x + b1 =", z1)
h1 = torch.sigmoid(z1)
print("h1 = sigmoid(z1) =", h1)
z2 = W2 @ h1 + b2[:, None]
print("z2 = W2 h1 + b2 =", z2)
h2 = torch.sigmoid(z2)
print("h2 = sigmoid(z2) =", h2)
out = W3 @ h2 + b3[:, None]
print("out = W3 h2 + b3 =", out)
# %%
diff = out - y
print("difference", diff)
print("squared", diff ** 2)
print("sum over outputs", (diff ** 2).sum(0))
loss = 0.5 * (diff ** 2).sum(0).mean()
print("loss", loss)
loss.backward()
# %%
total = 0
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print("gradient of", name, p.grad)
    total += p.grad.abs().sum()
    print("running total", total)
