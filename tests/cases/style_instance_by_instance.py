# %% include handout
# %% include tensors
# %%
outs = []
for n in range(x.shape[1]):
    xn = x[:, n]
    h1 = torch.sigmoid(W1 @ xn + b1)
    h2 = torch.sigmoid(W2 @ h1 + b2)
    out = W3 @ h2 + b3
    outs.append(out)
    print(f"Instance {n + 1}")
    print("  h1:", h1)
    print("  h2:", h2)
    print("  output:", out)
# %%
loss = sum(0.5 * torch.sum((o - y[:, n]) ** 2) for n, o in enumerate(outs)) / len(outs)
loss.backward()
# %% include show_gradients
