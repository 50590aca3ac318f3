# %%
# every answer is held back but the one that says the cell is done; the clock has to notice
send = get_ipython().kernel.session.send
def silent(stream, what, content=None, *arguments, **named):
    kind = what if isinstance(what, str) else what.get("msg_type")
    if kind == "status" and content["execution_state"] == "idle":
        return None
    return send(stream, what, content, *arguments, **named)
get_ipython().kernel.session.send = silent
print("busy for ever")
