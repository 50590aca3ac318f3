# %% include handout
# %% include tensors
# %% include forward
# %%
import pandas as pd
batch = [f"x{n}" for n in range(1, 6)]
pd.DataFrame(h1.detach().numpy(), columns=batch)
# %%
pd.DataFrame(h2.detach().numpy(), columns=batch)
# %%
pd.DataFrame(out.detach().numpy(), columns=batch)
# %% include backward
# %%
display(pd.DataFrame(W1.grad.numpy()))
display(pd.DataFrame(b1.grad.numpy()))
display(pd.DataFrame(W2.grad.numpy()))
display(pd.DataFrame(b2.grad.numpy()))
display(pd.DataFrame(W3.grad.numpy()))
display(pd.DataFrame(b3.grad.numpy()))
