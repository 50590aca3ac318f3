# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
V1, c1, V2, c2, V3, c3 = parameters
sig = lambda z: 1 / (1 + np.exp(-z))
a1 = sig(V1 @ x.numpy() + c1[:, None]); a2 = sig(V2 @ a1 + c2[:, None]); o = V3 @ a2 + c3[:, None]
d3 = o - y.numpy(); d2 = V3.T @ d3 * a2 * (1 - a2); d1 = V2.T @ d2 * a1 * (1 - a1)
hw3 = [d1 @ x.numpy().T, d1.sum(1), d2 @ a1.T, d2.sum(1), d3 @ a2.T, d3.sum(1)]
loss = 0.5 * ((out - y) ** 2).sum(0).mean()
loss.backward()
for n, a, p in zip("W1 b1 W2 b2 W3 b3".split(), hw3, [W1, b1, W2, b2, W3, b3]):
    print(f"{n:4} {'numpy':>14} {'torch':>14}")
    for u, v in zip(a.ravel().tolist(), p.grad.ravel().tolist()):
        print(f"     {u:14.6e} {v:14.6e}")
