# %% include handout
# %% include tensors
# %% include forward
# %%
print(np.arange(40000).reshape(200, 200).tolist())
# %% include show_layers
# %% include backward
# %% include show_gradients
