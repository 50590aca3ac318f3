# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
import pandas as pd
rows = {f"dW{n}[{i}]": pd.Series(row) for n, W in ((1, W1), (2, W2), (3, W3)) for i, row in enumerate(W.grad.tolist())}
rows |= {f"db{n}": pd.Series(b.grad.tolist()) for n, b in ((1, b1), (2, b2), (3, b3))}
print(pd.DataFrame(rows).T)
