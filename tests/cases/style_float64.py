# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.from_numpy(p).requires_grad_() for p in parameters]
x, y = torch.from_numpy(x), torch.from_numpy(y)
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
