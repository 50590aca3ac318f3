# %% include handout
# %% include tensors
# %% include forward
# %%
print("Layer 1:", h1.detach().numpy())
print("Layer 2:", h2.detach().numpy())
print("Output layer:", out.detach().numpy())
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print(f"Gradient of {name}:")
    print(p.grad.numpy())
