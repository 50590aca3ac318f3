# %%
k = get_ipython().kernel
def raw(body, kind="stream"):
    head = k.session.msg(kind, parent=k.get_parent())
    parts = [k.session.pack(head["header"]), k.session.pack(head["parent_header"]), b"{}", body]
    k.iopub_socket.send_multipart([b"x", b"<IDS|MSG>", k.session.sign(parts), *parts])
raw(b'{"name": "stdout", "text": "x", "deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")
raw(b'{"name": "stdout", "text": "x", "number": ' + b"9" * 100_000 + b"}")
raw(b'{"name": "stdout", "text": "\\ud800\\u0000", "x": NaN, "y": 1e999}')
raw(b"\xff\xfe{}")
raw(b'{"name": "stdout", "text": "x", "text": {"a": 1}}')
raw(b"null")
raw(b"[]")
raw(b'{"data": {"text/plain": ["a", 1], "text/html": {"x": []}}}', "execute_result")
raw(b'{"data": {"text/plain": "a"}, "transient": {"display_id": []}}', "update_display_data")
raw(b'{"ename": 5, "evalue": [1], "traceback": {"a": "b"}}', "error")
raw(b'{"execution_state": ["idle"]}', "status")
