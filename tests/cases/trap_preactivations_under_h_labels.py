# %% include handout
# %% include tensors
# %%
z1 = W1 @ x + b1[:, None]
z2 = W2 @ torch.sigmoid(z1) + b2[:, None]
out = W3 @ torch.sigmoid(z2) + b3[:, None]
print("hidden layer 1:", z1)
print("hidden layer 2:", z2)
print("output:", out)
# %% include backward
# %% include show_gradients
