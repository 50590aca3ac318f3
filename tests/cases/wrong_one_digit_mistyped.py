# %% include handout
# %% include tensors
# %% include forward
# %%
rounded = [[round(v, 4) for v in row] for row in out.tolist()]
rounded[1][2] += 0.0003
print("h1 =", h1)
print("h2 =", h2)
print("output =", rounded)
# %% include backward
# %% include show_gradients
