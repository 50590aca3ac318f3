# %% include handout
# %%
import torch
from torch import nn
torch.manual_seed(12345)
model = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 4), nn.Sigmoid(), nn.Linear(4, 2))
a = torch.tensor(x.T, dtype=torch.float32)
for i, layer in enumerate(model):
    a = layer(a)
    print(f"Output of layer {i} ({layer.__class__.__name__}):\n{a}")
# %%
(0.5 * (a - torch.tensor(y.T, dtype=torch.float32)) ** 2).sum(dim=1).mean().backward()
for name, p in model.named_parameters():
    print(name, p.grad)
