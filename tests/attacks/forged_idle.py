# %%
# say "done" before it is, and go on: what this cell prints later must not count as the next cell's
k = get_ipython().kernel
k.session.send(k.iopub_socket, "status", {"execution_state": "idle"}, parent=k.get_parent())
print("early", flush=True)
time.sleep(0.3)
print("late from cell 2", flush=True)
# %%
print("cell three")
