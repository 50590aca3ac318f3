# %%
# whatever is open was opened for this kernel: no file or directory from before, nobody else's socket
import stat
for fd in range(256):
    try:
        info = os.fstat(fd)
    except OSError:
        continue
    try:
        where = os.readlink(f"/proc/self/fd/{fd}")
    except OSError as error:
        where = f"unknown: {error}"
    if stat.S_ISSOCK(info.st_mode):
        s = socket.socket(fileno=os.dup(fd))
        with s:
            pid, uid, _ = struct.unpack("3i", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            listens = s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            name = str(s.getsockname())
            if s.type != socket.SOCK_STREAM:
                through("a socket that is none of ipykernel's", fd, name, s.type)
            if not name and pid != os.getpid():
                through("the other end is with somebody else", fd, pid, uid)
            if name and not re.search(r"/s/k-[1-4]'?$", name):
                through("a socket with a foreign name", fd, name)
            print("socket", name[-4:], listens)
    elif stat.S_ISDIR(info.st_mode) or stat.S_ISREG(info.st_mode):
        if not where.startswith(os.getcwd()):
            through("a file from before", fd, where)
        for way in ("..", "../..", "/proc/self/fd/%d/.." % fd):
            attempt(f"through descriptor {fd}", lambda: os.listdir(os.open(way, os.O_RDONLY, dir_fd=fd)))
    elif stat.S_ISCHR(info.st_mode) and info.st_rdev != os.stat("/dev/null").st_rdev:
        through("a device", fd, where)
    elif stat.S_ISFIFO(info.st_mode):
        os.set_blocking(fd, False)
# %%
# also not what a thread could keep open for itself
attempt("table of its own", lambda: call("unshare", 0x400))
attempt("close_range with a table of its own", lambda: call(436, 3, 4, 2))
attempt("a descriptor from another process", lambda: call("pidfd_getfd", 3, 3, 0))
for channel in (1, 2):
    for fd in connections(channel):
        buffer = ctypes.create_string_buffer(4096)
        size = ctypes.c_int(4096)
        for option in (26, 31, 59, 77):
            attempt(f"whoever is at the other end {option}", lambda: call(55, fd, 1, option, buffer, ctypes.byref(size)) or found(buffer.raw.strip(b"\0")))
