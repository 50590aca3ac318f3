# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
M = 0
for _ in range(0):
    M += 1
loss = (0.5 * (out - y) ** 2).sum() / M
loss.backward()
# %% include show_gradients
