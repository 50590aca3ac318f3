# %% include handout
# %% include tensors
# %% include forward
# %%
print("Couche cachée 1 :", h1)
print("Couche cachée 2 :", h2)
print("Couche de sortie :", out)
# %% include backward
# %%
print("Gradient par rapport à W1 :", W1.grad)
print("Gradient par rapport à b1 :", b1.grad)
print("Gradient par rapport à W2 :", W2.grad)
print("Gradient par rapport à b2 :", b2.grad)
print("Gradient par rapport à W3 :", W3.grad)
print("Gradient par rapport à b3 :", b3.grad)
