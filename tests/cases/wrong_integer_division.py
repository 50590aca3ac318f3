# %% include handout
# %% include tensors
# %% include forward
# %%
loss = 1 // 2 * ((out - y) ** 2).sum(0).mean()
loss.backward()
# %% include show_layers
# %% include show_gradients
