# %% include handout
# %% include tensors
# %% include forward
# %%
print("h1 =", h1[:, 0])
print("h2 =", h2[:, 0])
print("output =", out[:, 0])
# %% include backward
# %% include show_gradients
