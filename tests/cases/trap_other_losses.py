# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %%
P = [W1, b1, W2, b2, W3, b3]
losses = {"equation (1)": 0.5 * ((out - y) ** 2).sum(0).mean(),
          "nn.MSELoss(reduction='sum')": torch.nn.MSELoss(reduction="sum")(out, y),
          "nn.L1Loss()": torch.nn.L1Loss()(out, y)}
for title, loss in losses.items():
    print(f"===== {title}: {loss.item():.6f} =====")
    for name, g in zip(["W1", "b1", "W2", "b2", "W3", "b3"], torch.autograd.grad(loss, P, retain_graph=True)):
        print(f"d{name} =", g)
