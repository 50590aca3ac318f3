# %%
from IPython.display import HTML, clear_output, display
while True:
    display({"text/plain": "y" * 999, "text/html": "<b>" * 999, "image/png": "A" * 9999}, raw=True)
    clear_output()
