# %% include handout
# %% include tensors
# %%
from einops_of_tomorrow import rearrange
h1 = torch.sigmoid(W1 @ x + rearrange(b1, "h -> h 1"))
h2 = torch.sigmoid(W2 @ h1 + rearrange(b2, "h -> h 1"))
out = W3 @ h2 + rearrange(b3, "h -> h 1")
# %% include show_layers
# %% include backward
# %% include show_gradients
