# %% include handout
# %%
from IPython.display import display, Latex
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(p, requires_grad=True) for p in parameters]
X, Y = torch.tensor(x), torch.tensor(y)
def forward(X):
    h1 = torch.sigmoid(W1 @ X + b1.unsqueeze(1))
    h2 = torch.sigmoid(W2 @ h1 + b2.unsqueeze(1))
    return h1, h2, W3 @ h2 + b3.unsqueeze(1)
h1, h2, out = forward(X)
loss = ((out - Y) ** 2).sum(dim=0).mul(0.5).mean()
loss.backward()
def num(v):
    m, e = f"{v:.5e}".split("e")
    return m if int(e) == 0 else rf"{m}\cdot 10^{{{int(e)}}}"
def mat(t):
    t = t.detach(); t = t if t.dim() == 2 else t[None]
    return r"\begin{pmatrix}" + r"\\ ".join(" & ".join(num(v) for v in r) for r in t.tolist()) + r"\end{pmatrix}"
for n, t in [("h_1", h1), ("h_2", h2), (r"\hat y", out)] + [(rf"\nabla_{{{n}}} L", p.grad) for n, p in zip(["W_1", "b_1", "W_2", "b_2", "W_3", "b_3"], [W1, b1, W2, b2, W3, b3])]:
    display(Latex(f"$${n} = {mat(t)}$$"))
