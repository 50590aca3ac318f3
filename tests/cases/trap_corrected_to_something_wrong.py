# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
# %%
print("h1 corrected =", torch.tanh(W1 @ x + b1[:, None]))
