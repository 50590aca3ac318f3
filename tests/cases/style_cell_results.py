# %% include handout
# %% include tensors
# %% include forward
# %%
h1
# %%
h2
# %%
out
# %% include backward
# %%
W1.grad
# %%
b1.grad
# %%
W2.grad
# %%
b2.grad
# %%
W3.grad
# %%
b3.grad
