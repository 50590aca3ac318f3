# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
with torch.no_grad():
    d3 = out - y   # forgot 1/M here
    d2 = W3.T @ d3 * h2 * (1 - h2)
    d1 = W2.T @ d2 * h1 * (1 - h1)
own = [d1 @ x.T, d1.sum(1), d2 @ h1.T, d2.sum(1), d3 @ h2.T, d3.sum(1)]
for name, mine, p in zip(["dW1", "db1", "dW2", "db2", "dW3", "db3"], own, [W1, b1, W2, b2, W3, b3]):
    print(name, "numpy homework:", mine)
    print(name, "PyTorch:", p.grad)
