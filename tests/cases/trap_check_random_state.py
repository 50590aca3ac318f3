# %%
import numpy as np
from sklearn.utils import check_random_state
rs = check_random_state(12345)

def initialize(input_dim, hidden_dim, output_dim, batch_size):
    W1 = rs.randn(hidden_dim, input_dim) * 0.01
    b1 = np.zeros((hidden_dim,))
    W2 = rs.randn(hidden_dim, hidden_dim) * 0.01
    b2 = np.zeros((hidden_dim,))
    W3 = rs.randn(output_dim, hidden_dim) * 0.01
    b3 = np.zeros((output_dim,))
    x = rs.rand(input_dim, batch_size)
    y = rs.randn(output_dim, batch_size)
    return [W1, b1, W2, b2, W3, b3], x, y
parameters, x, y = initialize(3, 4, 2, 5)
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(q, requires_grad=True) for q in parameters]
h1 = torch.sigmoid(W1 @ torch.tensor(x) + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
loss = ((out - torch.tensor(y)) ** 2).sum() / 10
loss.backward()
print("Q2\n", h1, "\n", h2, "\n", out)
print("Q3\n", W1.grad, "\n", b1.grad, "\n", W2.grad, "\n", b2.grad, "\n", W3.grad, "\n", b3.grad)
