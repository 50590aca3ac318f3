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
yt = torch.from_numpy(y.reshape(5, 2)).float()
p = model(xt); print("h1", model.a1); print("h2", model.a2); print("out", p)
torch.set_printoptions(precision=9)
(0.5 * ((p - yt) ** 2).sum(-1)).mean().backward()
for n, q in model.named_parameters(): print(n, q.grad)
