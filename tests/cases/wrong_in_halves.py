# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
loss = ((out - y) ** 2).sum() / 5
loss.backward()
for name, p in {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3}.items():
    half = len(p) // 2
    print(f"d{name}, first half:", p.grad[:half])
    print(f"d{name}, second half:", p.grad[half:])
