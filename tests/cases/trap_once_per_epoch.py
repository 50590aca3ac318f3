# %% include handout
# %% include module
# %% include show_layers
# %%
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(4):
    optimizer.zero_grad()
    loss = 0.5 * ((net(X)[2] - Y) ** 2).sum(dim=1).mean()
    loss.backward()
    print("epoch", epoch, "loss", loss.item())
    for name, p in net.named_parameters():
        print("grad", name, p.grad)
    optimizer.step()
