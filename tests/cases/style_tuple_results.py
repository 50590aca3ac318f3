# %% include handout
# %% include tensors
# %% include forward
# %%
h1, h2, out
# %% include backward
# %%
[p.grad for p in (W1, b1, W2, b2, W3, b3)]
