# %% include handout
# %% include tensors
# %%
h1 = torch.sigmoid(W1 @ x + b1[:, None])
h2 = torch.sigmoid(W2 @ h1 + b2[:, None])
h3 = torch.sigmoid(W2 @ h2 + b2[:, None])
y_hat = W3 @ h3 + b3[:, None]
print("h1", h1)
print("h2", h2)
print("output", y_hat)
# %%
loss = ((y_hat - y) ** 2).sum() / (2 * x.shape[1])
loss.backward()
# %% include show_gradients
