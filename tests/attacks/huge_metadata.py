# %%
k = get_ipython().kernel
big = {f"key{i}": "x" * 100 for i in range(9000)}
k.session.send(k.iopub_socket, "display_data", {"data": {"text/plain": "x"}, "metadata": {}}, parent=k.get_parent(), metadata=big)
time.sleep(5)
