# %%
# request ids count up: forge for the cells before, whose threads may still print, and for those still to come
import copy
import threading
k = get_ipython().kernel
me = copy.deepcopy(k.get_parent())
stem, number = me["header"]["msg_id"].rsplit("_", 1)
def parent(step):
    return {**me, "header": {**me["header"], "msg_id": f"{stem}_{int(number) + step}"}}
def forge():
    for step in (-2, -1, 1, 2, 3, 4):
        said = "late" if step < 0 else "BREACH"
        for kind, content in (
            ("clear_output", {"wait": False}),
            ("update_display_data", {"data": {"text/plain": said}, "metadata": {}, "transient": {"display_id": "x"}}),
            ("stream", {"name": "stdout", "text": f"{said}\n"}),
            ("error", {"ename": said, "evalue": "", "traceback": []}),
            ("execute_result", {"data": {"text/plain": said}, "metadata": {}, "execution_count": 1}),
            ("status", {"execution_state": "idle"}),
        ):
            k.session.send(k.iopub_socket, kind, content, parent=parent(step))
forge()
print("cell two")
# %%
print("cell three")
