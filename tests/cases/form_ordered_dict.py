# %% include handout
# %% include tensors
# %% include forward
# %%
from collections import OrderedDict
print(OrderedDict(h1=h1, h2=h2, output=out))
# %% include backward
# %%
OrderedDict((n, p.grad) for n, p in zip(["dW1", "db1", "dW2", "db2", "dW3", "db3"], [W1, b1, W2, b2, W3, b3]))
