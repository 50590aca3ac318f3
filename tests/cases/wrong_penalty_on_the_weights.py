# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
loss = (0.5 * (out - y) ** 2).sum() / 5 + 0.01 * sum((w**2).sum() for w in [W1, W2, W3])
loss.backward()
# %% include show_gradients
