# %% include handout
# %% include module
# %% include show_layers
# %% include module_backward
# %%
for name, p in net.named_parameters():
    print("grad", name, p.grad)
net.zero_grad(set_to_none=False)
for name, p in net.named_parameters():
    print("grad", name, p.grad)
