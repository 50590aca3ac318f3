# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
import pandas as pd
print(pd.DataFrame(W1.grad.numpy(), index=list("abcd")).to_string(float_format="%.5e"))
print(pd.Series(b1.grad.numpy(), name="db1"))
print(pd.DataFrame(W2.grad.numpy()).to_string(float_format="%.5e"))
print(pd.Series(b2.grad.numpy(), name="db2"))
print(pd.DataFrame(W3.grad.numpy()).to_string(float_format="%.5e"))
print(pd.Series(b3.grad.numpy(), name="db3"))
