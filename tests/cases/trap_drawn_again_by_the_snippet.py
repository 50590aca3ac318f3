# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
# %%
for hidden in (2, 4, 8):
    others, x2, _ = initialize(3, hidden, 2, 5)
    print("hidden units:", hidden)
    print("h1 =", torch.sigmoid(torch.tensor(others[0] @ x2)))
