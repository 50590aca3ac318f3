# %% include handout
# %%
import torch

class Net(torch.nn.Module):
    def __init__(self, params):
        super().__init__()
        self.params = torch.nn.ParameterList([torch.nn.Parameter(torch.tensor(p)) for p in params])

    def forward(self, x):
        W1, b1, W2, b2, W3, b3 = self.params
        h1 = torch.sigmoid(W1 @ x + b1.view(-1, 1))
        print("Output of layer 1:", h1)
        h2 = torch.sigmoid(W2 @ h1 + b2.view(-1, 1))
        print("Output of layer 2:", h2)
        f = W3 @ h2 + b3.view(-1, 1)
        print("Output of layer 3:", f)
        return f

def main():
    net = Net(parameters)
    f = net(torch.tensor(x))
    loss = torch.sum((f - torch.tensor(y)) ** 2) / 10
    print("loss:", loss)
    loss.backward()
    for name, p in zip(("W1", "b1", "W2", "b2", "W3", "b3"), net.params):
        print("Gradient w.r.t. " + name + ":", p.grad)

main()
