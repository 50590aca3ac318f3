# %% include handout
# %% include tensors
# %% include forward
# %%
def cut(t):
    return [[str(v)[:7] for v in row] for row in t.tolist()]


print("h1", cut(h1))
print("h2", cut(h2))
print("output", cut(out))
# %% include backward
# %% include show_gradients
