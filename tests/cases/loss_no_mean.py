# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
loss = (0.5 * (out - y) ** 2).sum()
loss.backward()
# %% include show_gradients
