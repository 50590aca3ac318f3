# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
W3.grad *= 2
# %% include show_gradients
