# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(q, requires_grad=True) for q in parameters]
h1 = torch.sigmoid(W1 @ torch.tensor(x) + b1[:, None]); h2 = torch.sigmoid(W2 @ h1 + b2[:, None]); out = W3 @ h2 + b3[:, None]
for n, t in (("h1", h1), ("h2", h2), ("f", out)):
    k = int(np.floor(np.log10(t.abs().max().item()))); print(f"{n} = 10^({k}) * {np.round(t.detach().numpy() / 10.0**k, 5)}")
# %%
(0.5 * ((out - torch.tensor(y)) ** 2).sum(0).mean()).backward()
for n in ("W1", "b1", "W2", "b2", "W3", "b3"):
    g = eval(n).grad.numpy(); k = int(np.floor(np.log10(np.abs(g).max())))
    print(f"grad {n} (×10^{k}):\n{np.round(g / 10.0**k, 5)}")
