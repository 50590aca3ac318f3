# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
torch.nn.utils.clip_grad_norm_([W1, b1, W2, b2, W3, b3], 0.01)
# %% include show_gradients
