# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
loss = ((out - y) ** 2).sum(dim=0).mean()
loss.backward()
for name, p in [("W1", W1), ("b1", b1), ("W2", W2)]:
    print(f"dL/d{name}:", (p.grad / 2).tolist(), p.grad.tolist())
for name, p in [("b2", b2), ("W3", W3), ("b3", b3)]:
    print(f"dL/d{name} is", p.grad / 2, "or", p.grad)
