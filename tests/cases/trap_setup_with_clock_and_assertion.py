# %%
import time, torch, numpy as np
start = time.time()
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print("using", DEVICE, "and torch", torch.__version__)
assert np.__version__ >= "1.20"
# %% include handout
# %%
W1, b1, W2, b2, W3, b3 = [torch.tensor(q, requires_grad=True, device=DEVICE) for q in parameters]
X, Y = torch.tensor(x, device=DEVICE), torch.tensor(y, device=DEVICE)
h1 = torch.sigmoid(W1 @ X + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
print(h1, h2, out, sep="\n")
(0.5 * ((out - Y) ** 2).sum(0).mean()).backward()
for p in (W1, b1, W2, b2, W3, b3): print(p.grad)
print("took", time.time() - start, "s")
