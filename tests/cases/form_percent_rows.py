# %% include handout
# %% include tensors
# %% include forward
# %%
def table(title, t):
    print(title)
    for row in t.reshape(t.shape[0], -1).tolist():
        print(" ".join("%12.5e" % v for v in row))

table("Layer 1", h1); table("Layer 2", h2); table("Layer 3", out)
# %% include backward
# %%
table("dL/dW1", W1.grad); table("dL/db1", b1.grad)
table("dL/dW2", W2.grad); table("dL/db2", b2.grad)
table("dL/dW3", W3.grad); table("dL/db3", b3.grad)
