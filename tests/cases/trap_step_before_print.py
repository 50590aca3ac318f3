# %% include handout
# %% include module
# %% include show_layers
# %% include module_backward
# %%
torch.optim.SGD(net.parameters(), lr=0.1).step()   # changes the weights, not the gradients
for name, p in net.named_parameters():
    print("grad", name, p.grad)
