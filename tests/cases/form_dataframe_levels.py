# %% include handout
# %% include tensors
# %% include forward
# %%
import pandas as pd
pd.set_option("display.precision", 8)
pd.concat({n: pd.DataFrame(t.T.tolist()) for n, t in (("h1", h1), ("h2", h2), ("output", out))}, axis=1)
# %% include backward
# %%
named = zip(["dW1", "db1", "dW2", "db2", "dW3", "db3"], [W1, b1, W2, b2, W3, b3])
pd.concat({n: pd.DataFrame(torch.atleast_2d(p.grad).tolist()) for n, p in named})
