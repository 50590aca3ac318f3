# %% include handout
# %% include tensors
# %% include forward
# %%
import pandas as pd
names = [f"{name}_{j + 1}" for name, size in [("x", 3), ("h1", 4), ("h2", 4), ("f", 2)] for j in range(size)]
table = pd.DataFrame(torch.cat([x, h1, h2, out]).T.detach().numpy(), columns=names)
table.index.name = "instance"
print(table)
# %% include backward
# %%
for p in (W3, W1, W2):
    print(pd.DataFrame(p.grad.numpy()))
print(b1.grad, b2.grad, b3.grad)
