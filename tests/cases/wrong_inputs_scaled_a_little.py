# %% include handout
# %%
x = x * 1.0005
# %% include tensors
# %% include forward
# %% include backward
# %% include show_layers
# %% include show_gradients
