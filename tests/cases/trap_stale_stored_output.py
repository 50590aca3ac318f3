# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
loss = ((out - y) ** 2).sum() / 5
loss.backward()
print("db3 =", b3.grad)
