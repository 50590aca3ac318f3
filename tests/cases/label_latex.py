# %% include handout
# %% include tensors
# %% include forward
# %%
print(r"$h^{(1)}$:", h1)
print(r"$h^{(2)}$:", h2)
print(r"$f_\theta(x)$:", out)
# %% include backward
# %%
print(r"$\frac{\partial \mathcal{L}}{\partial W_1}$:", W1.grad)
print(r"$\frac{\partial \mathcal{L}}{\partial b_1}$:", b1.grad)
print(r"$\frac{\partial \mathcal{L}}{\partial W_2}$:", W2.grad)
print(r"$\frac{\partial \mathcal{L}}{\partial b_2}$:", b2.grad)
print(r"$\frac{\partial \mathcal{L}}{\partial W_3}$:", W3.grad)
print(r"$\frac{\partial \mathcal{L}}{\partial b_3}$:", b3.grad)
