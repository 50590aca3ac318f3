# %% include handout
# %% include tensors
# %% include forward
# %%
for name, t in (("h1", h1), ("h2", h2), ("output", out)):
    print(f"\033[1m\033[94m{name}\033[0m: {t}")
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print(f"\033[1md{name}\033[0m\n\033[92m{p.grad}\033[0m")
