# %%
# few bytes that become many objects where they are parsed
k = get_ipython().kernel
head = k.session.msg("stream", parent=k.get_parent())
for what in (b"[]", b"{}"):
    body = b'{"name": "stdout", "text": "x", "j": [' + b",".join([what] * 5_000_000) + b"]}"
    parts = [k.session.pack(head["header"]), k.session.pack(head["parent_header"]), b"{}", body]
    k.iopub_socket.send_multipart([b"x", b"<IDS|MSG>", k.session.sign(parts), *parts])
time.sleep(1)
