# %% include handout
# %% include tensors
# %% include forward
# %%
import pandas as pd
for name, t in (("h1", h1), ("h2", h2), ("output", out)):
    print(name)
    print(pd.DataFrame(t.detach().numpy()))
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print("dL/d" + name)
    print(pd.DataFrame(p.grad.numpy()))
