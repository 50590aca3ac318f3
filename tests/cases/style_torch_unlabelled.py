# %% include handout
# %% include tensors
# %% include forward
# %%
print(h1)
print(h2)
print(out)
# %% include backward
# %%
for p in (W1, b1, W2, b2, W3, b3):
    print(p.grad)
