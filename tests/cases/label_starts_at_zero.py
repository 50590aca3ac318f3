# %% include handout
# %% include module
# %%
for i, h in enumerate((h1, h2, out)):
    print(f"Layer {i}: {h}")
# %% include module_backward
# %%
for i, fc in enumerate((net.fc1, net.fc2, net.fc3)):
    print(f"W{i}.grad: {fc.weight.grad}")
    print(f"b{i}.grad: {fc.bias.grad}")
