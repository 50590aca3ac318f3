# %% include handout
# %% include module
# %% include show_layers
# %% include module_backward
# %%
for name, p in net.named_parameters():
    print("grad", name, p.data)
