# %% include handout
# %% include module
# %% include module_backward
# %%
a = net.fc1(X)
b = net.fc2(a)
print("layer 1:", a)
print("layer 2:", b)
print("layer 3:", net.fc3(b))
for n, p in net.named_parameters():
    print(n, p.grad)
