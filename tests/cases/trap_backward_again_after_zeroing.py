# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
P = [W1, b1, W2, b2, W3, b3]
loss = (0.5 * (out - y) ** 2).sum() / 5
loss.backward(retain_graph=True)
print("first backward:", *[p.grad for p in P], sep="\n")
loss.backward(retain_graph=True)
print("second backward WITHOUT zeroing (accumulated!):", *[p.grad for p in P], sep="\n")
for p in P:
    p.grad.zero_()
loss.backward()
print("after zeroing and backward again:", *[p.grad for p in P], sep="\n")
