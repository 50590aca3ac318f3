# %% include handout
# %% include module
# %%
optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
for step in range(10):
    optimizer.zero_grad()
    h1, h2, out = net(X)
    loss = 0.5 * ((out - Y) ** 2).sum(dim=1).mean()
    loss.backward()
    optimizer.step()
# %% include show_layers
# %%
for name, p in net.named_parameters():
    print("grad", name, p.grad)
