# %% include handout
# %% include tensors
# %% include forward
# %%
print("name;row;column;value")
for name, t in (("h1", h1), ("h2", h2), ("output", out)):
    for (i, j), v in np.ndenumerate(t.detach().numpy()):
        print(name, i, j, v, sep=";")
# %% include backward
# %%
import pandas as pd
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print("gradient of", name)
    print(pd.DataFrame(p.grad.numpy()).stack().to_string(float_format="%.8e"))
