# %%
# well-signed messages whose parts are pickles, in case anybody unpickles what a kernel says
import io
import pickle
class Bomb:
    def __reduce__(self):
        return io.open, (T["outside"] + "/" + T["marker"], "w")
k = get_ipython().kernel
bomb = pickle.dumps(Bomb())
head = k.session.msg("stream", parent=k.get_parent())
whole = [k.session.pack(head["header"]), k.session.pack(head["parent_header"]), b"{}", b'{"name": "stdout", "text": "kept\\n"}']
for part in range(4):
    parts = [bomb if at == part else text for at, text in enumerate(whole)]
    k.iopub_socket.send_multipart([b"x", b"<IDS|MSG>", k.session.sign(parts), *parts])
k.iopub_socket.send_multipart([b"x", b"<IDS|MSG>", k.session.sign(whole), *whole, bomb, bomb])
content = {"data": {"application/python-pickle": bomb.hex(), "text/plain": "!!python/object/apply:os.getpid []"}, "metadata": {}}
k.session.send(k.iopub_socket, "display_data", content, parent=k.get_parent(), buffers=[bomb])
open("data.pkl", "wb").write(bomb)
open("weights.pt", "wb").write(bomb)
import torch
attempt("a pickle in here", lambda: torch.load("weights.pt", weights_only=False))
