# %% include handout
# %% include module
# %% include show_layers
# %%
(0.5 * ((out - Y) ** 2).sum(dim=1).mean()).backward(retain_graph=True)
for n, p in net.named_parameters():
    print(n, p.grad)
# %%
net.zero_grad()
((out - Y) ** 2).sum(dim=1).mean().backward()
for n, p in net.named_parameters():
    print(n, p.grad)
