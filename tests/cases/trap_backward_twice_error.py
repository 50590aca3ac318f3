# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
# %%
loss.backward()
print("dW1 again", W1.grad)
