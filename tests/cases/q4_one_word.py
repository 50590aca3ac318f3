# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
# %% [markdown]
# Yes.
