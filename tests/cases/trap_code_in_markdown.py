# %% [markdown]
# ```python
# h1 = torch.sigmoid(W1 @ x + b1)
# print("h1 = tensor([[0.4994, 0.5001, 0.4993, 0.5003, 0.5006]])")
# ```
