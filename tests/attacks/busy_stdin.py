# %%
k = get_ipython().kernel
for n in range(200):
    k.session.send(k.stdin_socket, "input_request", {"prompt": "x" * 9999, "password": False}, parent=k.get_parent())
# %%
input("password? ")
