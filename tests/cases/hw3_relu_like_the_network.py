# %% include handout
# %%
w1, c1, w2, c2, w3, c3 = parameters
a1 = np.maximum(w1 @ x + c1[:, None], 0); a2 = np.maximum(w2 @ a1 + c2[:, None], 0); o = w3 @ a2 + c3[:, None]
d3 = (o - y) / 5; d2 = w3.T @ d3 * (a2 > 0); d1 = w2.T @ d2 * (a1 > 0)
by_hand = {"W1": d1 @ x.T, "b1": d1.sum(1), "W2": d2 @ a1.T, "b2": d2.sum(1), "W3": d3 @ a2.T, "b3": d3.sum(1)}
# %% include tensors
# %%
h1 = torch.relu(W1 @ x + b1[:, None])
h2 = torch.relu(W2 @ h1 + b2[:, None])
out = W3 @ h2 + b3[:, None]
# %% include show_layers
# %%
for name, gradient in by_hand.items():
    print(f"dL/d{name} =", gradient, sep="\n")
