# %%
import numpy as np
np.random.seed(12345)

def init_network(n_in, n_hidden, n_out, n_batch):
    weights = []
    for rows, cols in [(n_hidden, n_in), (n_hidden, n_hidden), (n_out, n_hidden)]:
        weights += [0.01 * np.random.randn(rows, cols), np.zeros(rows)]
    inputs = np.random.rand(n_in, n_batch)
    targets = np.random.randn(n_out, n_batch)
    return weights, inputs, targets

parameters, x, y = init_network(n_in=3, n_hidden=4, n_out=2, n_batch=5)
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
