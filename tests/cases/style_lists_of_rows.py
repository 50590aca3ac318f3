# %% include handout
# %% include tensors
# %% include forward
# %%
def show(name, t):
    print(name)
    for row in t.tolist():
        print("  ", row)

show("hidden layer 1", h1)
show("hidden layer 2", h2)
show("output layer", out)
# %% include backward
# %%
show("dL/dW1", W1.grad)
print("dL/db1", b1.grad.tolist())
show("dL/dW2", W2.grad)
print("dL/db2", b2.grad.tolist())
show("dL/dW3", W3.grad)
print("dL/db3", b3.grad.tolist())
