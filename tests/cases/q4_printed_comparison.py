# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
# %% [markdown]
# ## Question 4
# %%
d3 = (out - y).detach().numpy() / 5
print(np.allclose(d3.sum(1), b3.grad), np.allclose(d3 @ h2.detach().numpy().T, W3.grad, atol=1e-6))
