# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
import pandas as pd
parts = {"W1": W1.grad, "b1": b1.grad[None], "W2": W2.grad, "b2": b2.grad[None], "W3": W3.grad, "b3": b3.grad[None]}
table = pd.concat({name: pd.DataFrame(part.numpy().T) for name, part in parts.items()}, axis=1)
print(table.to_string())
