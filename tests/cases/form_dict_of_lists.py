# %% include handout
# %% include tensors
# %% include forward
# %%
{"layer1": h1.tolist(), "layer2": h2.tolist(), "output": out.tolist()}
# %% include backward
# %%
{n: p.grad.tolist() for n, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3])}
