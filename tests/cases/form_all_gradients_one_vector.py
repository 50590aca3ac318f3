# %% include handout
# %%
import torch
from torch import nn
class MLP(nn.Module):
    def __init__(self, params):
        super().__init__()
        W1, b1, W2, b2, W3, b3 = [torch.from_numpy(p).float() for p in params]
        self.layer1 = nn.Linear(3, 4); self.layer2 = nn.Linear(4, 4); self.layer3 = nn.Linear(4, 2)
        for l, W, b in ((self.layer1, W1, b1), (self.layer2, W2, b2), (self.layer3, W3, b3)):
            l.weight = nn.Parameter(W); l.bias = nn.Parameter(b)
    def forward(self, x):
        self.a1 = torch.sigmoid(self.layer1(x))
        self.a2 = torch.sigmoid(self.layer2(self.a1))
        return self.layer3(self.a2)
model = MLP(parameters)
xt = torch.from_numpy(x).float().T
yt = torch.from_numpy(y).float().T
y_hat = model(xt)
for n, t in (("hidden 1", model.a1), ("hidden 2", model.a2), ("output", y_hat)): print(n); print(t)
(0.5 * (y_hat - yt).pow(2).sum(1)).mean().backward()
torch.set_printoptions(precision=8)
v = torch.cat([p.grad.flatten() for p in model.parameters()])
print("all gradients (W1: 0-11, b1: 12-15, W2: 16-31, b2: 32-35, W3: 36-43, b3: 44-45):"); print(v)
