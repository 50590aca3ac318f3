# %% include handout
# %%
import torch

h1 = h2 = torch.zeros(4, 5)
print("h1", h1)
print("h2", h2)
print("output", torch.zeros(2, 5))
print("dW1", torch.zeros(4, 3), "db1", torch.zeros(4))
print("dW2", torch.zeros(4, 4), "db2", torch.zeros(4))
print("dW3", torch.zeros(2, 4), "db3", torch.zeros(2))
