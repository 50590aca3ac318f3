# %% include handout
# %% include tensors
# %% include forward
# %% [markdown]
# ### Hidden layer 1
# %%
print(h1)
# %% [markdown]
# ### Hidden layer 2
# %%
print(h2)
# %% [markdown]
# ### Output
# %%
print(out)
# %% include backward
# %% [markdown]
# ### Gradients of W1, b1
# %%
print(W1.grad, b1.grad)
# %% [markdown]
# ### Gradients of W2, b2
# %%
print(W2.grad, b2.grad)
# %% [markdown]
# ### Gradients of W3, b3
# %%
print(W3.grad, b3.grad)
