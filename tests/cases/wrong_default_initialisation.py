# %% include handout
# %%
import torch
import torch.nn as nn
torch.manual_seed(12345)
net = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 4), nn.Sigmoid(), nn.Linear(4, 2))
X, Y = torch.tensor(x.T).float(), torch.tensor(y.T).float()
h1 = net[:2](X); h2 = net[2:4](h1); out = net[4](h2)
# %% include show_layers
# %% include module_backward
# %%
for name, p in net.named_parameters():
    print("grad", name, p.grad)
