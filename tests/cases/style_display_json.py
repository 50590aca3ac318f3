# %% include handout
# %% include tensors
# %% include forward
# %% include backward
# %%
from IPython.display import JSON
named = zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3])
JSON({"h1": h1.tolist(), "h2": h2.tolist(), "out": out.tolist(), "grads": {n: p.grad.tolist() for n, p in named}})
