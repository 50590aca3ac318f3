# %% [markdown]
# # Homework 4
# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
# %% [markdown]
# ## Question 4
# %%
