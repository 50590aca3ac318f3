# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
loss = ((out - y) ** 2).sum() / 5
loss.backward()
# %% include show_gradients
