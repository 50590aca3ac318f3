# %% include handout
# %% include tensors
# %% include forward
# %%
print("h1 =", h1)
print("h2 =", h2)
print("  n |      x1       x2       x3 |      y1       y2 |          f1          f2")
for n in range(5):
    groups = [" ".join(f"{v:8.5f}" for v in t[:, n].tolist()) for t in (x, y)]
    groups.append(" ".join(f"{v:11.8f}" for v in out[:, n].tolist()))
    print(f"{n + 1:3d} | " + " | ".join(groups))
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print(f"d{name} =", p.grad)
