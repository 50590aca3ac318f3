# %% include handout
# %% include tensors
# %% include forward
# %%
from IPython.display import Markdown, display

def table(title, t):
    rows = torch.atleast_2d(t.detach()).tolist()
    lines = [f"#### {title}", "", "|".join(["", *map(str, range(len(rows[0]))), ""]), "|---" * len(rows[0]) + "|"]
    lines += ["| " + " | ".join(f"{'-' if v < 0 else '+'} {abs(v):.6e}" for v in row) + " |" for row in rows]
    display(Markdown("\n".join(lines)))

table("Hidden layer 1", h1)
table("Hidden layer 2", h2)
table("Output", out)
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    table(f"Gradient of {name}", p.grad)
