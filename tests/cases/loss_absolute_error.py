# %% include handout
# %% include module
# %% include show_layers
# %%
loss = nn.L1Loss()(out, Y)
loss.backward()
for name, p in net.named_parameters():
    print("grad", name, p.grad)
