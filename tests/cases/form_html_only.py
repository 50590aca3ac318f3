# %% include handout
# %% include tensors
# %% include forward
# %%
import pandas as pd
from IPython.display import HTML, display
def table(name, t):
    display(HTML(f"<h4>{name}</h4>" + pd.DataFrame(t.detach().numpy()).to_html(float_format="%.6e")))
table("h1", h1); table("h2", h2); table("output", out)
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    table("Gradient " + name, p.grad)
