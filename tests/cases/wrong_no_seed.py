# %%
import numpy as np
W1, W2, W3 = np.random.randn(4, 3) * 0.01, np.random.randn(4, 4) * 0.01, np.random.randn(2, 4) * 0.01
parameters = [W1, np.zeros(4), W2, np.zeros(4), W3, np.zeros(2)]
x, y = np.random.rand(3, 5), np.random.randn(2, 5)
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
