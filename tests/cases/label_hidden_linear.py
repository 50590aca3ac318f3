# %% include handout
# %%
import torch
from collections import OrderedDict
net = torch.nn.Sequential(OrderedDict([
    ("hidden_linear", torch.nn.Linear(3, 4)), ("hidden_activation", torch.nn.Sigmoid()),
    ("hidden_linear2", torch.nn.Linear(4, 4)), ("hidden_activation2", torch.nn.Sigmoid()),
    ("output_linear", torch.nn.Linear(4, 2)),
]))
for p, given in zip(net.parameters(), parameters):
    p.data.copy_(torch.tensor(given))
t = torch.tensor(x.T).float()
for name, step in net.named_children():
    t = step(t)
    print(name, t)
# %%
loss = 0.5 * (t - torch.tensor(y.T).float()).pow(2).sum(1).mean()
loss.backward()
for name, p in net.named_parameters():
    print(name, p.grad)
