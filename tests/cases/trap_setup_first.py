# %%
import torch
import pandas as pd
torch.set_default_dtype(torch.float32)
torch.manual_seed(0)
pd.set_option("display.precision", 8)
EPOCHS = 10
# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
