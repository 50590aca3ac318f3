# %%
# what the kernel's own side tells of refusals: without end, of every shape, for cells that are not there
k = get_ipython().kernel
def tell(content):
    k.session.send(k.iopub_socket, "refusal", content, parent=k.get_parent())
right = {"kind": "package", "about": "x", "call": "import x", "effect": "skipped"}
for key in right:
    for odd in (None, 0, -1, 10**30, 1.5, True, [], {}, [[]] * 50, {"a": {"b": []}}, "", "x" * 5_000, "\x00\x1b[2J\u202e", "ended"):
        tell(right | {key: odd})
    tell({name: value for name, value in right.items() if name != key})
tell(right | {"cell": -1, "lost": list(range(1000)), "told_by": "grader"})
for n in range(300):
    tell(right | {"about": f"package {n}"})
k.session.send(k.iopub_socket, "refusal", right, parent={"header": {"msg_id": "no cell's"}})
k.session.send(k.iopub_socket, "refusal", right, parent={})
# %%
print("cell three")
