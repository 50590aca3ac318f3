# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
# %% [markdown]
# ## Question 4
# Yes, I got the same results as in homework 2 and 3.
