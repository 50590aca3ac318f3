# %%
# deleted files whose descriptors wait inside a socket: in no directory and in no process
import array
pairs = [socket.socketpair() for _ in range(4)]
for n in range(160):
    fd = os.open("f", os.O_CREAT | os.O_WRONLY)
    os.unlink("f")
    os.write(fd, bytes(1 << 20))
    pairs[n % 4][0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
    os.close(fd)
    time.sleep(0.01)
through("160 MiB in flight")
