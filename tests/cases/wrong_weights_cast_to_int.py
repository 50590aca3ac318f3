# %% include handout
# %%
import torch
whole = [torch.tensor(p).int().float().requires_grad_() for p in parameters]
W1, b1, W2, b2, W3, b3 = whole
x, y = torch.tensor(x).float(), torch.tensor(y).float()
# %% include forward
# %% include backward
# %% include show_layers
# %% include show_gradients
