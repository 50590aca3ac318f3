# %%
%%writefile hw4net.py
import numpy as np, torch
np.random.seed(12345)
def initialize(input_dim, hidden_dim, output_dim, batch_size):
    W1 = np.random.randn(hidden_dim, input_dim) * 0.01
    b1 = np.zeros((hidden_dim,))
    W2 = np.random.randn(hidden_dim, hidden_dim) * 0.01
    b2 = np.zeros((hidden_dim,))
    W3 = np.random.randn(output_dim, hidden_dim) * 0.01
    b3 = np.zeros((output_dim,))
    parameters = [W1, b1, W2, b2, W3, b3]
    x = np.random.rand(input_dim, batch_size)
    y = np.random.randn(output_dim, batch_size)
    return parameters, x, y
parameters, x, y = initialize(3, 4, 2, 5)
def run():
    P = [torch.tensor(q, requires_grad=True) for q in parameters]
    h1 = torch.sigmoid(P[0] @ torch.tensor(x) + P[1][:, None]); h2 = torch.sigmoid(P[2] @ h1 + P[3][:, None]); out = P[4] @ h2 + P[5][:, None]
    print("h1", h1, "h2", h2, "out", out, sep="\n")
    (0.5 * ((out - torch.tensor(y)) ** 2).sum(0).mean()).backward()
    for n, p in zip("W1 b1 W2 b2 W3 b3".split(), P): print(f"{n}.grad", p.grad, sep="\n")
if __name__ == "__main__":
    run()
# %%
import hw4net
hw4net.run()
