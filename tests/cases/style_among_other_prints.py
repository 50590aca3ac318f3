# %% include handout
# %% include tensors
# %% include forward
# %%
print("torch", torch.__version__, "| device cpu | 3-4-4-2 network, batch size 5")
print("=" * 60)
print("shape of h1:", h1.shape, "h1 is", h1, "and its mean is", h1.mean().item())
print("=" * 60)
print("shape of h2:", h2.shape, "h2 is", h2, "and its mean is", h2.mean().item())
print("shape of output:", out.shape, "output is", out, "and its mean is", out.mean().item())
# %% include backward
# %%
for i, (name, p) in enumerate(zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3])):
    print(f"[{i + 1}/6] grad of {name} (norm {p.grad.norm():.3e}): {p.grad} done in 0.01 s")
