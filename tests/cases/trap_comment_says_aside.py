# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
# %%
# the same for a single instance
p = [q.detach().clone().requires_grad_() for q in (W1, b1, W2, b2, W3, b3)]
a = torch.sigmoid(p[2] @ torch.sigmoid(p[0] @ x[:, 0] + p[1]) + p[3])
(0.5 * (p[4] @ a + p[5] - y[:, 0]) ** 2).sum().backward()
for name, q in zip(["W1", "b1", "W2", "b2", "W3", "b3"], p):
    print(f"dL/d{name} =", q.grad)
