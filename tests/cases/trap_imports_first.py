# %%
import numpy as np
import torch
import matplotlib.pyplot as plt
# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
