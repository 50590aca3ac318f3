# %% include handout
# %% include tensors
# %% include forward
# %%
def table(title, t):
    print(f"+--- {title} " + "-" * 40)
    for row in t.reshape(-1, t.shape[-1]):
        print("| " + " | ".join(f"{v.item():+.6e}" for v in row) + " |")

table("h1", h1); table("h2", h2); table("output", out)
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    table("dL/d" + name, p.grad)
