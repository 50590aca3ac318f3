# %% include handout
# %%
for p in parameters:
    print(p)
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
print("dW1 =", W1.grad)
print("dW2 =", W2.grad)
print("dW3 =", W3.grad)
