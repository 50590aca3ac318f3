# %%
session, out, parent = get_ipython().kernel.session, get_ipython().kernel.iopub_socket, get_ipython().kernel.get_parent()
while True:
    session.send(out, "comm_open", {"comm_id": "x", "target_name": "t", "data": {}}, parent=parent)
    session.send(out, "status", {"execution_state": "busy"}, parent=parent)
