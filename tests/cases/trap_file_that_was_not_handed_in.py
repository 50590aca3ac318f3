# %% include handout
# %%
import torch
stored = torch.load("my_weights.pt")
# %%
W1, b1, W2, b2, W3, b3 = stored
h1 = torch.sigmoid(W1 @ torch.tensor(x) + b1[:, None])
print("h1", h1)
