# %% include handout
# %% include tensors
# %% include forward
# %%
print("Hidden Layer 1:\n", h1)
print("Hidden Layer 2:\n", h2)
print("Output Layer:\n", out)
# %% include backward
# %%
print("W1.grad:\n", W1.grad)
print("b1.grad:\n", b1.grad)
print("W2.grad:\n", W2.grad)
print("b2.grad:\n", b2.grad)
print("W3.grad:\n", W3.grad)
print("b3.grad:\n", b3.grad)
