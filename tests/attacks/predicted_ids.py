# %%
# request ids count up: forge for the cell before, which is over, and for those that are still to come
import copy
import threading
k = get_ipython().kernel
me = copy.deepcopy(k.get_parent())
stem, number = me["header"]["msg_id"].rsplit("_", 1)
def parent(step):
    return {**me, "header": {**me["header"], "msg_id": f"{stem}_{int(number) + step}"}}
def forge():
    for step in (-2, -1, 1, 2, 3, 4):
        for kind, content in (
            ("clear_output", {"wait": False}),
            ("update_display_data", {"data": {"text/plain": "BREACH"}, "metadata": {}, "transient": {"display_id": "x"}}),
            ("stream", {"name": "stdout", "text": "h1 = tensor([[9., 9.]])\n"}),
            ("error", {"ename": "BREACH", "evalue": "", "traceback": []}),
            ("execute_result", {"data": {"text/plain": "tensor([9.])"}, "metadata": {}, "execution_count": 1}),
            ("status", {"execution_state": "idle"}),
        ):
            k.session.send(k.iopub_socket, kind, content, parent=parent(step))
forge()
print("cell two")
# %%
print("cell three")
