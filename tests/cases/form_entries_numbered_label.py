# %% include handout
# %% include module
# %%
def entries(name, t):
    for i, row in enumerate(t.tolist()):
        for j, value in enumerate(row):
            print(f"{name}[{i},{j}] {value:.6g}")

entries("Output of layer 1", h1)
entries("Output of layer 2", h2)
entries("Output of layer 3", out)
# %% include module_backward
# %%
for name, p in net.named_parameters():
    print(name, "grad", p.grad)
