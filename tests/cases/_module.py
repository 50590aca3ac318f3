import torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(3, 4), nn.Linear(4, 4), nn.Linear(4, 2)
        with torch.no_grad():
            for p, given in zip(self.parameters(), parameters):
                p.copy_(torch.tensor(given))

    def forward(self, x):
        h1 = torch.sigmoid(self.fc1(x))
        h2 = torch.sigmoid(self.fc2(h1))
        return h1, h2, self.fc3(h2)

net = Net()
X, Y = torch.tensor(x.T).float(), torch.tensor(y.T).float()
h1, h2, out = net(X)
