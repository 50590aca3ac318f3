# %% include handout
# %% include tensors
# %% include forward
# %%
for layer in (h1, h2, out):
    layer.retain_grad()
# %% include backward
# %%
print("== layers ==")
print("h1", h1)
print("h2", h2)
print("output", out)
print("== gradients ==")
print("output", out.grad)
print("h2", h2.grad)
print("h1", h1.grad)
for name, p in {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3}.items():
    print(name, p.grad)
