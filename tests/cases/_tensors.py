import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(p, dtype=torch.float32, requires_grad=True) for p in parameters]
x = torch.tensor(x, dtype=torch.float32)
y = torch.tensor(y, dtype=torch.float32)
