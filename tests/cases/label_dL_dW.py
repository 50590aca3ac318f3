# %% include handout
# %% include tensors
# %% include forward
# %%
print("Z1:", W1 @ x + b1[:, None])
print("A1:", h1)
print("Z2:", W2 @ h1 + b2[:, None])
print("A2:", h2)
print("Z3:", out)
# %% include backward
# %%
print("dL/dW1:", W1.grad)
print("dL/db1:", b1.grad)
print("dL/dW2:", W2.grad)
print("dL/db2:", b2.grad)
print("dL/dW3:", W3.grad)
print("dL/db3:", b3.grad)
