# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
import pandas as pd
with torch.no_grad():
    d3 = (out - y) / 5
    d2 = W3.T @ d3 * h2 * (1 - h2)
    d1 = W2.T @ d2 * h1 * (1 - h1)
own = [d1 @ x.T, d1.sum(1), d2 @ h1.T, d2.sum(1), d3 @ h2.T, d3.sum(1)]
rows = []
for name, p, mine in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3], own):
    for i in np.ndindex(*p.shape):
        rows.append((name, str(i), p.grad[i].item(), mine[i].item(), abs(p.grad[i] - mine[i]).item()))
pd.set_option("display.float_format", "{:.6e}".format, "display.max_rows", None)
print(pd.DataFrame(rows, columns=["parameter", "index", "PyTorch", "NumPy (HW3)", "abs. error"]))
