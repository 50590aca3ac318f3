# %% include handout
# %% include tensors
# %% include forward
# %%
def show(name, t):
    print(name, "=", [[f"{v:.4f}" for v in row] for row in t.reshape(t.shape[0], -1).tolist()])

show("h1", h1); show("h2", h2); show("out", out)
# %% include backward
# %%
show("dW1", W1.grad); show("db1", b1.grad)
show("dW2", W2.grad); show("db2", b2.grad)
show("dW3", W3.grad); show("db3", b3.grad)
