# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(p).to(torch.bfloat16).requires_grad_() for p in parameters]
x, y = torch.tensor(x).to(torch.bfloat16), torch.tensor(y).to(torch.bfloat16)
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
