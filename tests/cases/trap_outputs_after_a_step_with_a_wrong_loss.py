# %% include handout
# %% include tensors
# %% include forward
# %%
loss = ((out - y) ** 2).sum().sqrt()
loss.backward()
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print(f"dL/d{name} =", p.grad)
with torch.no_grad():
    for p in [W1, b1, W2, b2, W3, b3]:
        p -= 0.1 * p.grad
# %% include forward
# %%
print("output =", out)
