# %% include handout
# %% include tensors
# %% include forward
# %%
print("h1", h1.tolist())
print("h2", h2.tolist())
print("out", out.tolist())
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print(name + ".grad", p.grad.tolist())
