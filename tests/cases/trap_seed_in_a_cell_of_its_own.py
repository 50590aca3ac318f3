# %%
import numpy as np
np.random.seed(12345)
# %%
def initialize(input_dim, hidden_dim, output_dim, batch_size):
    W1 = np.random.randn(hidden_dim, input_dim) * 0.01
    W2 = np.random.randn(hidden_dim, hidden_dim) * 0.01
    W3 = np.random.randn(output_dim, hidden_dim) * 0.01
    parameters = [W1, np.zeros(hidden_dim), W2, np.zeros(hidden_dim), W3, np.zeros(output_dim)]
    return parameters, np.random.rand(input_dim, batch_size), np.random.randn(output_dim, batch_size)
# %%
parameters, x, y = initialize(3, 4, 2, 5)
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
