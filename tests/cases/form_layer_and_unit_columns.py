# %% include handout
# %% include tensors
# %% include forward
# %%
print("layer unit " + " ".join(f"{'x' + str(n + 1):>10}" for n in range(5)))
for k, layer in enumerate((h1, h2, out), 1):
    for i, row in enumerate(layer.tolist(), 1):
        print(f"{k:5d} {i:4d} " + " ".join(f"{v:10.7f}" for v in row))
# %% include backward
# %% include show_gradients
