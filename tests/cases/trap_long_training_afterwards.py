# %% include handout
# %%
import torch, torch.nn as nn, torch.optim as optim
class FFN(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(3, 4); self.fc2 = nn.Linear(4, 4); self.fc3 = nn.Linear(4, 2)
        for fc, W, b in zip((self.fc1, self.fc2, self.fc3), parameters[0::2], parameters[1::2]):
            fc.weight.data = torch.FloatTensor(W); fc.bias.data = torch.FloatTensor(b)
    def forward(self, x):
        h1 = torch.sigmoid(self.fc1(x)); h2 = torch.sigmoid(self.fc2(h1)); o = self.fc3(h2)
        return h1, h2, o
model = FFN()
inp, tgt = torch.FloatTensor(x.T), torch.FloatTensor(y.T)
def criterion(o, t): return ((o - t) ** 2).sum(1).mean() / 2
h1, h2, o = model(inp)
print("h1:\n", h1); print("h2:\n", h2); print("o:\n", o)
# %%
loss = criterion(o, tgt)
loss.backward()
for n, p in model.named_parameters(): print(n, "grad:\n", p.grad)
# %% [markdown]
# ### Extra: training the network
# %%
opt = optim.SGD(model.parameters(), lr=0.1)
for epoch in range(500):
    opt.zero_grad()
    h1, h2, o = model(inp)
    loss = criterion(o, tgt)
    loss.backward()
    opt.step()
    if epoch % 100 == 0:
        print(f"epoch {epoch:4d}  loss {loss.item():.5f}  |grad W1| {model.fc1.weight.grad.norm():.3e}")
print("h1:\n", h1); print("h2:\n", h2); print("o:\n", o)
for n, p in model.named_parameters(): print(n, "grad:\n", p.grad)
