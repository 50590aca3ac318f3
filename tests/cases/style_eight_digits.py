# %% include handout
# %% include tensors
# %%
torch.set_printoptions(precision=8, sci_mode=False, linewidth=120)
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
