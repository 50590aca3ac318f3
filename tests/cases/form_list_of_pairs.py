# %% include handout
# %% include module
# %%
[("h1", h1), ("h2", h2), ("out", out)]
# %% include module_backward
# %%
list((name, p.grad) for name, p in net.named_parameters())
