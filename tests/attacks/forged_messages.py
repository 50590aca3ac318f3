# %%
k = get_ipython().kernel
s, out, me = k.session, k.iopub_socket, k.get_parent()
other = {"header": {**me["header"], "msg_id": "0" * 32}, "parent_header": {}, "metadata": {}, "content": {}}
for parent in (other, {}, None):
    s.send(out, "stream", {"name": "stdout", "text": "BREACH forged\n"}, parent=parent)
    s.send(out, "error", {"ename": "BREACH", "evalue": "x", "traceback": []}, parent=parent)
    s.send(out, "status", {"execution_state": "idle"}, parent=parent)
    s.send(out, "status", {"execution_state": "starting"}, parent=parent)
s.send(out, "execute_input", {"code": "1", "execution_count": "x"}, parent=me)
s.send(out, "iopub_welcome", {"subscription": ""}, parent=me)
s.send(out, "shutdown_reply", {"restart": True}, parent=me)
s.send(out, "stream", {"name": "stdout", "text": "mine\n"}, parent=me)
shell = k._parent_ident.get("shell") if isinstance(getattr(k, "_parent_ident", None), dict) else None
import zmq
def reply(content, kind="execute_reply", parent=me):
    s.send(k.shell_stream.socket if k.shell_stream else k.shell_socket, kind, content, parent=parent, ident=k.get_parent() and k._get_shell_context_var(k._shell_parent_ident) if hasattr(k, "_shell_parent_ident") else shell)
for content in ({"status": "ok", "execution_count": 1, "payload": [{"source": "set_next_input", "text": "x"}]}, {"status": "error", "ename": [1], "evalue": 7, "traceback": None}, {"status": "aborted"}, {"status": 5}, {}):
    try:
        reply(content, parent=other)
    except Exception as error:
        print("not sent", type(error).__name__)
for kind, content in (("kernel_info_reply", {}), ("stream", {"name": "stdout"}), ("execute_reply", {}), ("execute_reply", {"status": ["ok"]})):
    reply(content, kind, me)
# %%
print("honest = 1.5")
