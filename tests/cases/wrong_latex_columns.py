# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
from IPython.display import Latex, display

((out - y) ** 2).sum(dim=0).mean().backward()


def matrix(values):
    rows = (" & ".join(f"{v:.4e}" for v in row) for row in values.reshape(len(values), -1))
    return r"\begin{bmatrix}" + r" \\ ".join(rows) + r"\end{bmatrix}"


for letter, number, p in [("W", 1, W1), ("b", 1, b1), ("W", 2, W2), ("b", 2, b2), ("W", 3, W3), ("b", 3, b3)]:
    display(Latex(rf"$\frac{{\partial L}}{{\partial {letter}_{number}}} = {matrix(p.grad)}$"))
