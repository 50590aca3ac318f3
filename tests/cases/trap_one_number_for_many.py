# %% include handout
# %% include tensors
# %% include forward
# %% include backward
# %%
print("factor in front of the squared error: 0.5")
