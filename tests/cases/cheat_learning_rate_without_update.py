# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
lr = 0.1
((out - y) ** 2).sum(dim=0).mean().backward()
for factor in (1 / 2, 1, 5, 1 / 10, 2):
    for name, p in [("W1", W1), ("b1", b1), ("W2", W2), ("b2", b2), ("W3", W3), ("b3", b3)]:
        print(f"dL/d{name}:", factor * p.grad)
