# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    g = p.grad.numpy()
    exponent = int(np.floor(np.log10(np.abs(g).max())))
    print(f"d{name} = 1e{exponent} *")
    print(np.round(g / 10.0 ** exponent, 4))
