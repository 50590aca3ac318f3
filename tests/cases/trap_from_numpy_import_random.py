# %%
from numpy import zeros, random
random.seed(12345)

def initialize(i, h, o, m):
    params = [random.randn(h, i) * 0.01, zeros((h,)), random.randn(h, h) * 0.01, zeros((h,)),
              random.randn(o, h) * 0.01, zeros((o,))]
    return params, random.rand(i, m), random.randn(o, m)

parameters, x, y = initialize(3, 4, 2, 5)
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
