# %% include handout
# %% include tensors
# %%
for f in (torch.cos, torch.erf, torch.exp, torch.sin, torch.sigmoid, torch.atan, torch.sinh, torch.square):
    h1 = f(W1 @ x + b1[:, None])
    h2 = f(W2 @ h1 + b2[:, None])
    out = W3 @ h2 + b3[:, None]
    print(h1)
    print(h2)
    print(out)
