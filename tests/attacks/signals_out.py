# %%
import signal
for pid in [*T["pids"], os.getppid() or -1, 1 if os.getpid() != 1 else -1, -1, 0, -T["pids"][0]]:
    for number in (0, 9, 19, 15, 2):
        attempt(f"kill {pid} {number}", lambda: call("kill", pid, number))
        attempt(f"os.kill {pid} {number}", lambda: os.kill(pid, number))
    attempt(f"kill high bits {pid}", lambda: call("kill", pid + (1 << 32), 9))
    attempt(f"tkill {pid}", lambda: call("tkill", pid, 9))
    attempt(f"tgkill {pid}", lambda: call("tgkill", pid, pid, 9))
    attempt(f"killpg {pid}", lambda: os.killpg(abs(pid), 9))
    attempt(f"sigqueue {pid}", lambda: call("rt_sigqueueinfo", pid, 9, ctypes.create_string_buffer(128)))
    attempt(f"tgsigqueue {pid}", lambda: call("rt_tgsigqueueinfo", pid, pid, 9, ctypes.create_string_buffer(128)))
    attempt(f"pidfd_open {pid}", lambda: call("pidfd_open", pid, 0))
    attempt(f"setpriority {pid}", lambda: call("setpriority", 0, pid, 19))
    attempt(f"setpgid {pid}", lambda: call("setpgid", pid, 0))
    attempt(f"prlimit {pid}", lambda: call("prlimit64", pid or T["pids"][0], 9, 0, ctypes.create_string_buffer(16)))
    attempt(f"ioprio {pid}", lambda: call("ioprio_set", 1, pid, 0x6000))
# %%
import fcntl
a, b = socket.socketpair()
for pid in T["pids"]:
    attempt(f"F_SETOWN {pid}", lambda: fcntl.fcntl(a, 8, pid))
    attempt(f"F_SETOWN_EX {pid}", lambda: fcntl.fcntl(a, 15, struct.pack("ii", 1, pid)))
    attempt(f"FIOSETOWN {pid}", lambda: fcntl.ioctl(a, 0x8901, struct.pack("i", pid)))
    event = ctypes.create_string_buffer(struct.pack("Qiii", 0, 9, 4, pid) + bytes(48))
    attempt(f"timer at {pid}", lambda: call(222, 0, event, ctypes.byref(ctypes.c_int())))
attempt("F_SETSIG", lambda: fcntl.fcntl(a, 10, 9))
attempt("lease", lambda: fcntl.fcntl(os.open(os.__file__, os.O_RDONLY), 1024, 0))
attempt("dnotify", lambda: fcntl.fcntl(os.open(".", os.O_RDONLY), 1026, 1))
attempt("TIOCSTI", lambda: fcntl.ioctl(0, 0x5412, b"x"))
attempt("parent death signal", lambda: call("prctl", 1, 0))
attempt("subreaper", lambda: call("prctl", 36, 1))
