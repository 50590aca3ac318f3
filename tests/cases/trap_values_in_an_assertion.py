# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
gradients = {"dW1": W1.grad, "db1": b1.grad, "dW2": W2.grad, "db2": b2.grad, "dW3": W3.grad, "db3": b3.grad}
assert not gradients, "\n".join(f"{name} = {g.tolist()}" for name, g in gradients.items())
