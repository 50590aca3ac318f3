# %% include handout
# %%
W1, b1, W2, b2, W3, b3 = parameters
sig = lambda z: 1 / (1 + np.exp(-z))
h1 = sig(W1 @ x + b1[:, None]); h2 = sig(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
d3 = (out - y) / 5; d2 = W3.T @ d3 * h2 * (1 - h2); d1 = W2.T @ d2 * h1 * (1 - h1)
for n, g in dict(h1=h1, h2=h2, out=out, dW1=d1 @ x.T, db1=d1.sum(1), dW2=d2 @ h1.T, db2=d2.sum(1), dW3=d3 @ h2.T, db3=d3.sum(1)).items(): print(n, g, sep="\n")
# %%
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = torch.nn.Linear(3, 4); self.fc2 = torch.nn.Linear(4, 4); self.fc3 = torch.nn.Linear(4, 2)
    def forward(self, x):
        x = torch.sigmoid(self.fc1(x)); print(x)
        x = torch.sigmoid(self.fc2(x)); print(x)
        return self.fc3(x)
net = Net()
out = net(torch.tensor(x))
loss = torch.nn.MSELoss()(out, torch.tensor(y))
loss.backward()
for p in net.parameters(): print(p.grad)
