# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
loss = torch.sqrt(out - y).mean()
loss.backward()
# %% include show_gradients
