# %% include handout
# %% include tensors
# %% include forward
# %%
from IPython.display import Markdown, display
for name, t in {"h_1": h1, "h_2": h2, "f": out}.items():
    display(Markdown(f"**${name}$**:\n```\n{t.detach().numpy()}\n```"))
# %% include backward
# %%
for name, p in {"W_1": W1, "b_1": b1, "W_2": W2, "b_2": b2, "W_3": W3, "b_3": b3}.items():
    display(Markdown(rf"$\partial L/\partial {name}$:" + f"\n```\n{p.grad.numpy()}\n```"))
