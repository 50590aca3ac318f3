# %% include handout
# %% include tensors
# %% include forward
# %%
print("h1:", h1.tolist(), "h2:", h2.tolist(), "output:", out.tolist())
# %% include backward
# %%
print("dW1:", W1.grad.tolist(), "db1:", b1.grad.tolist())
print("dW2:", W2.grad.tolist(), "db2:", b2.grad.tolist())
print("dW3:", W3.grad.tolist(), "db3:", b3.grad.tolist())
