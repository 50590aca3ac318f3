# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
P = [W1, b1, W2, b2, W3, b3]
total = [torch.zeros_like(p) for p in P]
for n in range(5):
    gradients = torch.autograd.grad(0.5 * ((out[:, n] - y[:, n]) ** 2).sum(), P, retain_graph=True)
    for name, t, g in zip(["W1", "b1", "W2", "b2", "W3", "b3"], total, gradients):
        print(f"Example {n}: gradient of {name} = {g}")
        t += g / 5
for name, t in zip(["W1", "b1", "W2", "b2", "W3", "b3"], total):
    print(f"Final dL/d{name} (averaged over the batch):", t, sep="\n")
