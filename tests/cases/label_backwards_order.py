# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
# gradients flow from the output to the input, so print them in that order
print("dW3:", W3.grad)
print("db3:", b3.grad)
print("dW2:", W2.grad)
print("db2:", b2.grad)
print("dW1:", W1.grad)
print("db1:", b1.grad)
