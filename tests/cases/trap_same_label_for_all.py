# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
print("dL/dW1", W1.grad)
print("dL/dW1", b1.grad)
print("dL/dW1", W2.grad)
print("dL/dW1", b2.grad)
print("dL/dW1", W3.grad)
print("dL/dW1", b3.grad)
