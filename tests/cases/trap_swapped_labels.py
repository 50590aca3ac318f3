# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
print("Grad W1:", W1.grad)
print("Grad b1:", b2.grad)
print("Grad W2:", W2.grad)
print("Grad b2:", b1.grad)
print("Grad W3:", W3.grad)
print("Grad b3:", b3.grad)
