# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
loss = (0.5 * (out - y.T) ** 2).sum() / 5
loss.backward()
print("dW1 =", W1.grad)
print("db1 =", b1.grad)
print("dW2 =", W2.grad)
print("db2 =", b2.grad)
print("dW3 =", W3.grad)
print("db3 =", b3.grad)
