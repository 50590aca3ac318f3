# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
# %% [markdown]
# **4. Did you get the same results as in your previous homeworks?**
#
# Partly, the gradient of W1 was different because I had a bug there.
