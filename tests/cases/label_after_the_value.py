# %% include handout
# %% include tensors
# %% include forward
# %%
print(h1.detach(), "<- first hidden layer")
print(h2.detach(), "<- second hidden layer")
print(out.detach(), "<- output")
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print(p.grad, "<- dL/d" + name)
