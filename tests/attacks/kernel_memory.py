# %%
# memory that Linux keeps for a process and counts nowhere: locks on ranges of files, buffers of sockets
import fcntl
open("f", "w").write("x" * 1000)
a, b = os.open("f", os.O_RDWR), os.open("f", os.O_RDWR)
lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 10, 1, 0)
fcntl.fcntl(a, 37, lock)
attempt("lock of an open file", lambda: found(struct.unpack("hhqqi4x", fcntl.fcntl(b, 36, lock))[0] != fcntl.F_UNLCK))
fcntl.flock(a, fcntl.LOCK_EX)
def locked():
    try:
        fcntl.flock(b, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
attempt("lock of a file", lambda: found(locked()))
one, other = socket.socketpair()
before = one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
attempt("size of a buffer", lambda: found(one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) != before))
attempt("urgent data", lambda: other.send(b"x", socket.MSG_OOB))
attempt("urgent data taken", lambda: one.recv(1, socket.MSG_OOB))
for fd in connections(2):
    attempt("urgent data to the grader", lambda: call("sendto", fd, ctypes.c_char_p(b"x"), 1, socket.MSG_OOB, 0, 0))
