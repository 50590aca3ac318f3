# %% include handout
# %% include tensors
# %% include forward
# %% include backward
# %%
print("h1", h1.shape, "h2", h2.shape, "output", out.shape)
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print("grad", name, p.grad.shape)
