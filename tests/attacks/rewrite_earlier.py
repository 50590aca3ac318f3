# %%
from IPython.display import clear_output, display
h = display("first", display_id="d")
# %%
h.update("second")
k = get_ipython().kernel
k.session.send(k.iopub_socket, "update_display_data", {"data": {"text/plain": "third"}, "metadata": {}, "transient": {"display_id": "d"}}, parent=k.get_parent())
clear_output()
clear_output(wait=True)
print("\r\033[A\033[2K\033[1A\033[2J\033[H\b\b\b\b\b\b overwritten")
