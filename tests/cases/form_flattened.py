# %% include handout
# %% include tensors
# %% include forward
# %%
print("h1:", h1.flatten().tolist())
print("h2:", h2.flatten().tolist())
print("output:", out.flatten().tolist())
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print(f"d{name}:", p.grad.flatten().tolist())
