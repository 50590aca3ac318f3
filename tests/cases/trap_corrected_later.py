# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
loss = ((out - y) ** 2).sum() / 5
loss.backward(retain_graph=True)
print("dW1 =", W1.grad, "\ndb1 =", b1.grad, "\ndW2 =", W2.grad)
print("db2 =", b2.grad, "\ndW3 =", W3.grad, "\ndb3 =", b3.grad)
# %% [markdown]
# Oops, I forgot the 1/2. Corrected version:
# %%
for p in (W1, b1, W2, b2, W3, b3):
    p.grad = None
loss = (0.5 * (out - y) ** 2).sum() / 5
loss.backward()
print("corrected gradients")
# %% include show_gradients
