# %% include handout
# %% include module
# %% include show_layers
# %% include module_backward
# %%
for name, p in net.named_parameters():
    print("Gradient", name, p.grad)
# %%
# out of curiosity: does it learn?
optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
for step in range(50):
    optimizer.zero_grad()
    loss = 0.5 * ((net(X)[2] - Y) ** 2).sum(dim=1).mean()
    loss.backward()
    optimizer.step()
print("after training")
h1, h2, out = net(X)
print("h1", h1, "\nh2", h2, "\noutput", out)
for name, p in net.named_parameters():
    print("Gradient", name, p.grad)
