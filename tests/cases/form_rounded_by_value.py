# %% include handout
# %% include tensors
# %% include forward
# %%
print("h1\n", np.round(h1.detach().numpy(), 4))
print("h2\n", np.round(h2.detach().numpy(), 4))
print("out\n", np.round(out.detach().numpy(), 4))
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print("grad", name, "\n", np.round(p.grad.numpy(), 8))
