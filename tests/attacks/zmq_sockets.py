# %%
# libzmq itself is asked to listen and to connect; it may abort the kernel, and that is the kernel's loss
import zmq
for kind in (zmq.PAIR, zmq.PUB, zmq.ROUTER, zmq.STREAM):
    s = zmq.Context().socket(kind)
    for where in ("tcp://127.0.0.1:*", "ipc:///tmp/x", "ipc://here", "ipc://@abstract", "inproc://a"):
        if not where.startswith("inproc"):
            attempt(f"bind {where}", lambda: s.bind(where))
    for path in T["sockets"][:2]:
        s.connect("ipc://" + path)
    s.connect(f"tcp://127.0.0.1:{T['tcp']}")
    s.setsockopt(zmq.RCVTIMEO, 100)
    s.setsockopt(zmq.LINGER, 0)
    attempt("receive", lambda: s.recv())
