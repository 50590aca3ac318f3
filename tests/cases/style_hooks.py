# %% include handout
# %%
import torch
from torch import nn
model = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 4), nn.Sigmoid(), nn.Linear(4, 2)).double()
model.load_state_dict(dict(zip(model.state_dict(), map(torch.tensor, parameters))))
X, Y = torch.tensor(x.T), torch.tensor(y.T)
# %%
def announce(name):
    def hook(module, inputs, output):
        print(f"Output of {name}:\n{output}")
    return hook

model[1].register_forward_hook(announce("hidden layer 1"))
model[3].register_forward_hook(announce("hidden layer 2"))
model[4].register_forward_hook(announce("output layer"))
prediction = model(X)
# %%
loss = ((prediction - Y) ** 2).sum() / (2 * 5)
loss.backward()
for name, p in model.named_parameters():
    print(f"∂L/∂{name} =\n{p.grad}")
