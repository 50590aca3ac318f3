# %% include handout
# %% include module
# %% include show_layers
# %%
nn.MSELoss()(out, Y).backward()
for name, p in net.named_parameters():
    print("grad", name, p.grad)
