# %% include handout
# %%
sigma = lambda z: 1 / (1 + np.exp(-z))
W1, b1, W2, b2, W3, b3 = parameters
H1 = sigma(W1 @ x + b1[:, None])
H2 = sigma(W2 @ H1 + b2[:, None])
delta3 = (W3 @ H2 + b3[:, None] - y) / 5
delta2 = W3.T @ delta3 * H2 * (1 - H2)
delta1 = W2.T @ delta2 * H1 * (1 - H1)
mine = [delta1 @ x.T, delta1.sum(1), delta2 @ H1.T, delta2.sum(1), delta3 @ H2.T, delta3.sum(1)]
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
import pandas as pd
for name, p, g in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3], mine):
    table = pd.DataFrame({"torch": p.grad.numpy().ravel(), "by hand": g.ravel()})
    table["abs diff"] = (table["torch"] - table["by hand"]).abs()
    print(f"dL/d{name}")
    print(table)
