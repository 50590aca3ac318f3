# %% include handout
# %% include tensors
# %%
for act in (torch.sigmoid, torch.relu, torch.tanh):
    for p in (W1, b1, W2, b2, W3, b3):
        p.grad = None
    h1 = act(W1 @ x + b1[:, None])
    h2 = act(W2 @ h1 + b2[:, None])
    out = W3 @ h2 + b3[:, None]
    print("#" * 10, act.__name__, "#" * 10)
    print("h1 =", h1, "\nh2 =", h2, "\nout =", out)
    (((out - y) ** 2).sum() / 10).backward()
    for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
        print(f"{name}.grad =", p.grad)
