# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
import pandas as pd
for number, (W, b) in enumerate([(W1, b1), (W2, b2), (W3, b3)], 1):
    print("Gradients of layer", number)
    table = pd.DataFrame(W.grad.numpy(), index=[f"unit {j + 1}" for j in range(len(W))])
    table["bias"] = b.grad.numpy()
    print(table)
