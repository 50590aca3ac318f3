# %% include handout
# %%
import torch
def run(dtype):
    print("=" * 20, dtype, "=" * 20)
    W1, b1, W2, b2, W3, b3 = [torch.tensor(q, dtype=dtype, requires_grad=True) for q in parameters]
    h1 = torch.sigmoid(W1 @ torch.tensor(x, dtype=dtype) + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
    print("h1", h1, "h2", h2, "out", out, sep="\n")
    (0.5 * ((out - torch.tensor(y, dtype=dtype)) ** 2).sum(0).mean()).backward()
    for n in ("W1", "b1", "W2", "b2", "W3", "b3"): print("grad", n, locals()[n].grad, sep="\n")
for dt in (torch.float16, torch.float32, torch.float64):
    run(dt)
