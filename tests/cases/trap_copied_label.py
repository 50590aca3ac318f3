# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
grad_W1, grad_b1, grad_W2, grad_b2, grad_W3, grad_b3 = [p.grad for p in (W1, b1, W2, b2, W3, b3)]
print(f"Grad W1: {grad_W1}")
print(f"Grad b1: {grad_b2}")
print(f"Grad W2: {grad_W2}")
print(f"Grad b2: {grad_b2}")
print(f"Grad W3: {grad_W3}")
print(f"Grad b3: {grad_b3}")
