# %% include handout
# %% include module
# %% include show_layers
# %%
M = X.shape[0]
loss = nn.MSELoss(reduction="sum")(out, Y) / (2 * M)
loss.backward()
for name, p in net.named_parameters():
    print("grad", name, p.grad)
