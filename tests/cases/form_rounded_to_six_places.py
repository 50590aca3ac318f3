# %% include handout
# %% include tensors
# %% include forward
# %%
print("h1 =", h1.detach().numpy().round(6))
print("h2 =", h2.detach().numpy().round(6))
print("output =", out.detach().numpy().round(6))
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print("grad", name, "=", p.grad.numpy().round(6))
