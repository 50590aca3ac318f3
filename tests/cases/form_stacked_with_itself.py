# %% include handout
# %% include tensors
# %% include forward
# %% include backward
# %% include show_layers
# %%
own = [p.grad.clone() for p in (W1, b1, W2, b2, W3, b3)]
for n, p, mine in zip(("W1", "b1", "W2", "b2", "W3", "b3"), (W1, b1, W2, b2, W3, b3), own):
    print(f"d{n} (autograd and by hand)")
    print(torch.stack([p.grad, mine]))
