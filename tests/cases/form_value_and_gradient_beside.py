# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %%
print(f"{'entry':<10}{'value':>14}{'gradient':>16}")
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    for i in np.ndindex(*p.shape):
        print(f"{name + str(list(i)):<10}{p[i].item():>14.6f}{p.grad[i].item():>16.6e}")
