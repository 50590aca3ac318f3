# %% include handout
# %% include tensors
# %% include forward
# %%
print("output =", out)
# %% include backward
# %% include show_gradients
