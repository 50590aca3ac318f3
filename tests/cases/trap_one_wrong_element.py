# %% include handout
# %% include tensors
# %% include forward
# %%
shown = h1.detach().clone()
shown[0, 0] = 0.9
print("h1 =", shown)
print("h2 =", h2)
print("output =", out)
# %% include backward
# %% include show_gradients
