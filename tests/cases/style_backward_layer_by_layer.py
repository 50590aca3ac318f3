# %% include handout
# %% include tensors
# %%
layer = lambda W, b: lambda h: W @ h + b[:, None]
stages = [layer(W1, b1), torch.sigmoid, layer(W2, b2), torch.sigmoid, layer(W3, b3)]
inputs, outputs = [], []
for stage in stages:
    inputs.append((outputs[-1] if outputs else x).detach().requires_grad_())
    outputs.append(stage(inputs[-1]))
print("h1 =", outputs[1])
print("h2 =", outputs[3])
print("output =", outputs[4])
# %%
out = outputs[-1].detach().requires_grad_()
(0.5 * (out - y) ** 2).sum(0).mean().backward()
slope = out.grad
for start, end in zip(reversed(inputs), reversed(outputs)):
    end.backward(slope)
    slope = start.grad
# %% include show_gradients
