# %%
import numpy as np
rng = np.random.RandomState(12345)

def initialize(input_dim, hidden_dim, output_dim, batch_size):
    W1 = rng.randn(hidden_dim, input_dim) * 0.01
    b1 = np.zeros((hidden_dim,))
    W2 = rng.randn(hidden_dim, hidden_dim) * 0.01
    b2 = np.zeros((hidden_dim,))
    W3 = rng.randn(output_dim, hidden_dim) * 0.01
    b3 = np.zeros((output_dim,))
    x = rng.rand(input_dim, batch_size)
    y = rng.randn(output_dim, batch_size)
    return [W1, b1, W2, b2, W3, b3], x, y

parameters, x, y = initialize(3, 4, 2, 5)
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
