# %% include handout
# %% include tensors
# %% include forward
# %%
loss = ((out.T.reshape(-1, 1) - y.T.reshape(-1)) ** 2).mean()
loss.backward()
# %% include show_layers
# %% include show_gradients
