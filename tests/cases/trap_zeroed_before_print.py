# %% include handout
# %% include module
# %% include show_layers
# %% include module_backward
# %%
torch.optim.SGD(net.parameters(), lr=0.1).zero_grad(set_to_none=False)
for name, p in net.named_parameters():
    print("grad", name, p.grad)
