# %% include handout
# %% include tensors
# %% include forward
# %%
import matplotlib.pyplot as plt
import seaborn as sns
fig, axes = plt.subplots(1, 3, figsize=(15, 4))
for ax, (name, t) in zip(axes, {"h1": h1, "h2": h2, "output": out}.items()):
    sns.heatmap(t.detach().numpy(), annot=True, fmt=".5f", ax=ax)
    ax.set_title(name)
plt.show()
# %% include backward
# %% include show_gradients
