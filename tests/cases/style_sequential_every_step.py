# %% include handout
# %%
import torch
from torch import nn
model = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 4), nn.Sigmoid(), nn.Linear(4, 2))
for p, given in zip(model.parameters(), parameters):
    p.data = torch.tensor(given, dtype=torch.float32)
X, Y = torch.tensor(x.T).float(), torch.tensor(y.T).float()
# %%
value = X
for i, layer in enumerate(model):
    value = layer(value)
    print(i, type(layer).__name__)
    print(value)
# %%
loss = nn.MSELoss()(value, Y)
loss.backward()
for name, p in model.named_parameters():
    print(name)
    print(p.grad)
