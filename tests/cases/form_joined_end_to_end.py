# %% include handout
# %% include tensors
# %% include forward
# %%
print(torch.cat([h1, h2, out]).T)
# %% include backward
# %%
g = torch.cat([p.grad.flatten() for p in [W1, b1, W2, b2, W3, b3]])
print(g.shape)
print(g)
