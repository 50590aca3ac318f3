# %% include handout
# %% include tensors
# %%
torch.set_printoptions(threshold=5, edgeitems=2)
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
