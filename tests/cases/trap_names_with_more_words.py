# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
print("h1 sorted =", h1.flatten().sort()[0].view(4, 5))
print("output rounded up =", out.ceil())
# %% include backward
# %%
for name, p in {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3}.items():
    print("grad", name, p.grad)
    print("grad", name, "scaled by its maximum", p.grad / p.grad.abs().max())
