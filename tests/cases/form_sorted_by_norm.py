# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
gradients = {"W1": W1.grad, "b1": b1.grad, "W2": W2.grad, "b2": b2.grad, "W3": W3.grad, "b3": b3.grad}
for name, g in sorted(gradients.items(), key=lambda item: -item[1].norm()):
    print(f"{name} (norm {g.norm():.3e}):", g)
