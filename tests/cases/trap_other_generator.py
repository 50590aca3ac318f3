# %%
import numpy as np
rng = np.random.default_rng(12345)
parameters = []
for rows, cols in [(4, 3), (4, 4), (2, 4)]:
    parameters += [rng.standard_normal((rows, cols)) * 0.01, np.zeros(rows)]
x = rng.random((3, 5))
y = rng.standard_normal((2, 5))
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
