# %% include handout
# %% include tensors
# %%
for epoch in range(2):
    h1 = torch.sigmoid(W1 @ x + b1[:, None])
    h2 = torch.sigmoid(W2 @ h1 + b2[:, None])
    out = W3 @ h2 + b3[:, None]
    loss = ((out - y) ** 2).sum(0).mean()
    loss.backward()
# %% include show_layers
# %% include show_gradients
