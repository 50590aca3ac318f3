# %% include handout
# %% include tensors
# %%
h1 = torch.sigmoid(W1 @ x + b1[:, None])
print("h1 =", h1)
h2 = torch.sigmoid(W2 @ h1 + b2[:, None])
print("h2 =", h2)
out = W3 @ h2 + b3
print("output =", out)
