# %% include handout
# %% include tensors
# %% include forward
# %%
shown = h1.detach().clone()
shown[0, 0] = float("inf")
print("h1 =", shown)
print("h2 = tensor([[..., ...]])")
print("output = [[..., ...], [...]]")
# %%
loss = (0.5 * (out - y) ** 2).sum() / 5
loss.backward()
# %% include show_gradients
