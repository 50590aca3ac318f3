# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
loss = (0.5 * (out - y) ** 2).sum() / 5
loss.backward(retain_graph=True)
print(W1.grad is None)
loss.backward()
# %% include show_gradients
