# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
((out - y) ** 2).sum().backward()
for p in (W1, W2):
    for row in p.grad:
        for factor in (1, 1 / 2, 1 / 5, 1 / 10, 1 / 20):
            print((factor * row).tolist())
for value in W3.grad.flatten():
    for factor in (1, 1 / 2, 1 / 5, 1 / 10, 1 / 20):
        print("v:", float(factor * value))
