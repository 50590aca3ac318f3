# %% include handout
# %% include tensors
# %% include forward
# %% include backward
# %%
for name, t in (("h1", h1), ("h2", h2), ("output", out)):
    print(name, "mean", t.mean().item(), "std", t.std().item(), "max", t.max().item())
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print("grad norm", name, p.grad.norm().item())
