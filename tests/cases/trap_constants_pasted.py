# %%
import torch
W1 = torch.tensor([[-0.00204708, 0.00478943, -0.00519439], [-0.0055573, 0.01965781, 0.01393406],
                   [0.00092908, 0.00281746, 0.00769023], [0.01246435, 0.01007189, -0.01296221]], requires_grad=True)
b1 = torch.zeros(4, requires_grad=True)
W2 = torch.tensor([[0.00274992, 0.00228913, 0.01352917, 0.00886429], [-0.02001637, -0.00371843, 0.01669025, -0.0043857],
                   [-0.00539741, 0.00476985, 0.03248944, -0.01021228], [-0.00577087, 0.00124121, 0.00302614, 0.00523772]],
                  requires_grad=True)
b2 = torch.zeros(4, requires_grad=True)
W3 = torch.tensor([[0.0000094, 0.01343810, -0.00713544, -0.00831154], [-0.02370232, -0.01860761, -0.00860757, 0.00560145]],
                  requires_grad=True)
b3 = torch.zeros(2, requires_grad=True)
# %%
import numpy as np
np.random.seed(12345)
np.random.randn(4, 3); np.random.randn(4, 4); np.random.randn(2, 4)
x = torch.tensor(np.random.rand(3, 5)).float()
y = torch.tensor(np.random.randn(2, 5)).float()
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
