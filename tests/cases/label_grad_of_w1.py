# %% include handout
# %% include tensors
# %% include forward
# %%
print("h^(1):", h1)
print("h^(2):", h2)
print("f(x):", out)
# %% include backward
# %%
print("grad of w1:", W1.grad)
print("grad of b1:", b1.grad)
print("grad of w2:", W2.grad)
print("grad of b2:", b2.grad)
print("grad of w3:", W3.grad)
print("grad of b3:", b3.grad)
