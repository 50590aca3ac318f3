# %% include handout
# %% include tensors
# %%
def forward(W1, b1, W2, b2, W3, b3):
    h1 = torch.sigmoid(W1 @ x + b1[:, None])
    h2 = torch.sigmoid(W2 @ h1 + b2[:, None])
    out = W3 @ h2 + b3[:, None]
    print("h1", h1)
    print("h2", h2)
    print("output", out)
    return out
out = forward(W1, b1, W2, b2, W3, b3)
# %% include backward
# %% include show_gradients
# %%
for i in range(4):
    parameters = [p.detach().clone() for p in (W1, b1, W2, b2, W3, b3)]
    parameters[3][i] += 0.01
    larger = ((forward(*parameters) - y) ** 2).sum() / 10
    print(f"db2[{i}] is about", (larger - loss).item() / 0.01)
