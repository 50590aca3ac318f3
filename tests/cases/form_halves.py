# %% include handout
# %% include tensors
# %% include forward
# %% include backward
# %%
for name, value in {"h1": h1, "h2": h2}.items():
    print(name, "of the first two units:", value[:2])
    print(name, "of the other two:", value[2:])
print("output for instances 1 to 3:", out[:, :3])
print("output for instances 4 and 5:", out[:, 3:])
print("dW2, rows 1 and 2:", W2.grad[:2])
print("dW2, rows 3 and 4:", W2.grad[2:])
for name, p in {"W1": W1, "b1": b1, "b2": b2, "W3": W3, "b3": b3}.items():
    print("d" + name, p.grad)
