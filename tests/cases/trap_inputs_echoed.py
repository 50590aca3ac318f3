# %% include handout
# %%
print("parameters", parameters)
print("x", x)
print("y", y)
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
