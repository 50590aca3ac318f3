# %%
# opened for neither reading nor writing: no right is asked for, but a device may act on being opened
for path in ("/dev/ptmx", "/dev/watchdog", "/dev/tty", "/etc/passwd", os.__file__, T["grader_source"], T["outside"], *T["secret_files"]):
    for flags in (3, 3 | os.O_TRUNC, os.O_RDONLY | os.O_TRUNC):
        for relative in (False, True):
            where = os.path.relpath(path) if relative else path
            attempt(f"{flags:o} {where}", lambda: os.open(where, flags | os.O_NOCTTY | os.O_NONBLOCK))
        raw = ctypes.c_char_p(path.encode())
        attempt(f"open {flags:o} {path}", lambda: call(2, raw, flags))
        attempt(f"openat2 {flags:o} {path}", lambda: call(437, -100, raw, ctypes.c_char_p(struct.pack("QQQ", flags, 0, 0)), 24))
    attempt(f"truncate {path}", lambda: os.truncate(path, 0))
    attempt(f"creat {path}", lambda: call(85, ctypes.c_char_p(path.encode()), 0o600))
