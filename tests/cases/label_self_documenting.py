# %% include handout
# %% include tensors
# %% include forward
# %%
print(f"{h1=}")
print(f"{h2=}")
print(f"{out=}")
# %% include backward
# %%
print(f"{W1.grad.numpy()=}, {b1.grad.numpy()=}")
print(f"{W2.grad.numpy()=}, {b2.grad.numpy()=}")
print(f"{W3.grad.numpy()=}, {b3.grad.numpy()=}")
