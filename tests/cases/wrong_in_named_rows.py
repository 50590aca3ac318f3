# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
import pandas as pd
loss = ((out - y) ** 2).sum() / 5
loss.backward()
rows = [
    (name, value, gradient)
    for name, p in {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3}.items()
    for value, gradient in zip(p.flatten().tolist(), p.grad.flatten().tolist())
]
print(pd.DataFrame(rows, columns=["parameter", "value", "gradient"]).to_string())
