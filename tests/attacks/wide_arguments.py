# %%
# Linux looks at 32 bits of most arguments, a filter at 64: the upper half must open nothing
import mmap
HIGH = 1 << 32
victim = T["pids"]
for pid in victim:
    attempt("kill", lambda: call("kill", HIGH | pid, 0))
    attempt("tgkill", lambda: call("tgkill", HIGH | pid, HIGH | pid, 0))
    attempt("prlimit", lambda: call("prlimit64", HIGH | pid, 7, 0, ctypes.create_string_buffer(16)))
# under prlimit64's only allowed pid, 0, nothing rises
attempt("prlimit of our own", lambda: call("prlimit64", 0, 7, ctypes.create_string_buffer(struct.pack("QQ", 1 << 20, 1 << 20)), 0))
for option, name in ((1, "death signal"), (4, "dumpable"), (22, "seccomp"), (36, "subreaper"), (59, "speculation")):
    attempt(f"prctl {name}", lambda: call("prctl", HIGH | option, 0, 0, 0, 0))
for family, kind in ((1, 2), (1, 5), (2, 1), (10, 1), (16, 3), (40, 1)):
    a = ctypes.create_string_buffer(8)
    attempt(f"socketpair {family} {kind}", lambda: call(53, HIGH | family, HIGH | kind, 0, a))
    attempt(f"socket {family} {kind}", lambda: call("socket", HIGH | family, kind, 0))
r, w = os.pipe()
for request in (0x5412, 0x8901, 0x5452, 0x8902, 0x5423):
    attempt(f"ioctl {request:x}", lambda: call("ioctl", w, HIGH | request, ctypes.byref(ctypes.c_int(victim[0]))))
for command in (8, 10, 15, 1024, 1026, 1033):
    attempt(f"fcntl {command}", lambda: call(72, w, HIGH | command, victim[0]))
stack = mmap.mmap(-1, 65536, mmap.MAP_PRIVATE)
for flags in (17, HIGH | 17, 0x100 | 17, HIGH | 0x4100 | 17):
    attempt(f"clone {flags:x}", lambda: call("clone", flags, 0, 0, 0, 0))
