# %% include handout
# %% include tensors
# %% include forward
# %%
def entries(name, t):
    for i in range(t.shape[0]):
        if t.dim() == 1:
            print(f"{name}[{i}] {t[i].item():.6g}")
        else:
            for j in range(t.shape[1]):
                print(f"{name}[{i},{j}] {t[i, j].item():.6g}")

entries("h1", h1); entries("h2", h2); entries("output", out)
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    entries("d" + name, p.grad)
