# %% include handout
# %% include tensors
# %%
torch.set_printoptions(sci_mode=True)
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
