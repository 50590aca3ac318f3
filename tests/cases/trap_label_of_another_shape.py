# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
print("Gradient b1:", W1.grad)
print("Gradient W1:", b1.grad)
print("Gradient b2:", W2.grad)
print("Gradient W2:", b2.grad)
print("Gradient b3:", W3.grad)
print("Gradient W3:", b3.grad)
