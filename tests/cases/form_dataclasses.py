# %% include handout
# %%
from dataclasses import dataclass
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(p, requires_grad=True) for p in parameters]
X, Y = torch.tensor(x), torch.tensor(y)
h1 = torch.sigmoid(W1 @ X + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
loss = 0.5 * ((out - Y) ** 2).sum(0).mean()
loss.backward()
@dataclass
class Layer:
    output: np.ndarray
    grad_W: np.ndarray
    grad_b: np.ndarray
for l in (Layer(h1.detach().numpy(), W1.grad.numpy(), b1.grad.numpy()), Layer(h2.detach().numpy(), W2.grad.numpy(), b2.grad.numpy()), Layer(out.detach().numpy(), W3.grad.numpy(), b3.grad.numpy())): print(l)
