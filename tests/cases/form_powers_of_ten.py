# %% include handout
# %% include tensors
# %% include forward
# %%
UP = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")

def power(v):
    mantissa, exponent = f"{v:.5e}".split("e")
    return f"{mantissa}×10{str(int(exponent)).translate(UP)}"

for name, t in (("h1", h1), ("h2", h2), ("output", out)):
    print(name)
    for row in t.tolist():
        print("  " + "  ".join(map(power, row)))
# %% include backward
# %%
from IPython.display import Latex, display

def latex(v):
    mantissa, exponent = f"{v:.5e}".split("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"

for name, p in zip(["W_1", "b_1", "W_2", "b_2", "W_3", "b_3"], [W1, b1, W2, b2, W3, b3]):
    rows = r" \\ ".join(" & ".join(map(latex, row)) for row in torch.atleast_2d(p.grad).tolist())
    display(Latex(rf"$$\frac{{\partial L}}{{\partial {name}}} = \begin{{pmatrix}}{rows}\end{{pmatrix}}$$"))
