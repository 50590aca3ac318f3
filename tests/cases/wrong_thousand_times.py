# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
for name, p in [("W1", W1), ("b1", b1), ("W2", W2), ("b2", b2), ("W3", W3), ("b3", b3)]:
    print(f"dL/d{name}", 1000 * p.grad)
