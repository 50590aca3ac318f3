# %% include handout
# %% include tensors
# %% include forward
# %%
out.retain_grad()
print("Target output:", y)
print("First layer:", h1, "\nSecond layer:", h2, "\nThird layer:", out)
print("Prediction error:", out - y)
print("y - out:", y - out)
# %% include backward
# %%
print("out.grad =", out.grad)
# %% include show_gradients
