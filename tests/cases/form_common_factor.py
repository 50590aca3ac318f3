# %% include handout
# %% include tensors
# %% include forward
# %%
def old_torch(t):
    # how PyTorch 0.3 printed: a common factor above the numbers
    rows = t.detach().reshape(t.shape[0], -1).double()
    exponent = int(torch.floor(torch.log10(rows.abs().max())))
    print(f"1.00000e{exponent:+03d} *")
    for row in rows / 10.0 ** exponent:
        print("  " + "  ".join(f"{v:7.4f}" for v in row.tolist()))
    print(f"[torch.FloatTensor of size {'x'.join(map(str, t.shape))}]")

for name, t in (("h1", h1), ("h2", h2), ("output", out)):
    print(name); old_torch(t)
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    print("gradient of", name); old_torch(p.grad)
