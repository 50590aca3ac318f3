# %% include handout
# %% include tensors
# %%
x = x.long().to(W1.dtype)
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
