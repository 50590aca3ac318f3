# %% include handout
# %% include module
# %% include show_layers
# %%
loss = (0.5 * (out - Y) ** 2).mean()   # divides by 10, not by 5
loss.backward()
for name, p in net.named_parameters():
    print("grad", name, p.grad)
