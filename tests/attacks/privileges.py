# %%
for name in ("setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid"):
    for value in (0, T["uid"], 65534):
        if value != os.getuid() or True:
            attempt(f"{name} {value}", lambda: call(name, value, value, value) or found(0))
attempt("setgroups", lambda: call("setgroups", 0, 0))
attempt("capset", lambda: call("capset", ctypes.c_char_p(struct.pack("Ii", 0x20080522, 0)), ctypes.c_char_p(b"\xff" * 24)))
for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80):
    attempt(f"unshare {flag:x}", lambda: call("unshare", flag))
    attempt(f"unshare user {flag:x}", lambda: call("unshare", flag | 0x10000000))
for space in ("mnt", "pid", "net", "user"):
    attempt(f"setns {space}", lambda: call("setns", os.open(f"/proc/{T['pids'][0]}/ns/{space}", os.O_RDONLY), 0))
attempt("setns dirfd", lambda: call("setns", 3, 0))
attempt("uid_map", lambda: open("/proc/self/uid_map", "w").write("0 0 1"))
attempt("mount", lambda: call("mount", ctypes.c_char_p(b"none"), ctypes.c_char_p(os.getcwd().encode()), ctypes.c_char_p(b"tmpfs"), 0, 0))
attempt("umount", lambda: call("umount2", ctypes.c_char_p(b"/proc"), 2))
attempt("remount", lambda: call("mount", 0, ctypes.c_char_p(b"/"), 0, 32 | 4096, 0))
attempt("open_tree", lambda: call("open_tree", -100, ctypes.c_char_p(b"/"), 1))
attempt("fsopen", lambda: call("fsopen", ctypes.c_char_p(b"tmpfs"), 0))
attempt("mount_setattr", lambda: call("mount_setattr", -100, ctypes.c_char_p(b"/"), 0, ctypes.create_string_buffer(32), 32))
attempt("pivot_root", lambda: call("pivot_root", ctypes.c_char_p(b"."), ctypes.c_char_p(b".")))
attempt("chroot", lambda: call("chroot", ctypes.c_char_p(b".")))
# %%
for name, *arguments in (
    ("bpf", 0, 0, 0), ("io_uring_setup", 4, 0), ("userfaultfd", 0), ("perf_event_open", 0, 0, 0, 0, 0), ("keyctl", 0, -3, 0),
    ("personality", 0x0040000), ("iopl", 3), ("ioperm", 0, 1, 1), ("reboot", 0xFEE1DEAD, 672274793, 0x4321FEDC),
    ("sethostname", 0, 0), ("swapon", 0, 0), ("init_module", 0, 0, 0), ("finit_module", 0, 0, 0), ("kexec_load", 0, 0, 0, 0),
    ("quotactl", 0, 0, 0, 0), ("acct", 0), ("syslog", 10, 0, 0), ("settimeofday", 0, 0), ("io_setup", 1, 0), ("fanotify_init", 0, 0),
    ("inotify_init",), ("vmsplice", 1, 0, 0, 0), ("mknod", 0, 0, 0), ("landlock_create_ruleset", 0, 0, 1), ("setsid",),
    ("seccomp", 2, 0, 0), ("seccomp", 3, 0, 0), ("prctl", 24, 0), ("prctl", 22, 2), ("prctl", 8, 1), ("prctl", 28, 0), ("prctl", 47, 2, 0), ("prctl", 35, 1), ("prctl", 31, 0), ("prctl", 33, 1),
):
    attempt(f"{name} {arguments}", lambda: call(name, *arguments))
attempt("prctl undo", lambda: found(call("prctl", 38, 0, 0, 0, 0) == 0))
import resource
for limit in ("AS", "DATA", "NOFILE", "CPU", "FSIZE", "CORE", "NPROC"):
    number = getattr(resource, "RLIMIT_" + limit)
    soft, hard = resource.getrlimit(number)
    if hard != -1:
        attempt(f"raise {limit}", lambda: found(resource.setrlimit(number, (hard + 1, hard + 1)) or resource.getrlimit(number)[1] > hard))
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines() if ":" in line)
for name, wanted in (("NoNewPrivs", 1), ("Seccomp", 2), ("CapEff", 0), ("CapPrm", 0), ("CapInh", 0), ("CapAmb", 0)):
    if int(status[name], 16) != wanted:
        through(name, status[name])
attempt("a privileged bounding set and root", lambda: found(os.getuid() == 0 and int(status["CapBnd"], 16)))
