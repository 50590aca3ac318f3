# %%
# the frames that lead to this cell reach down to the warm server; what they hold must be of no use
import gc
import types
def climb():
    frame = sys._getframe()
    while frame:
        yield frame
        frame = frame.f_back
below = list(climb())
names = [f.f_code.co_filename.rpartition("/")[2] + ":" + f.f_code.co_name for f in below]
print(len(names), names[-6:])
# %%
held = {}
for f in below:
    held.update({(f.f_code.co_name, name): value for name, value in f.f_locals.items()})
for (where, name), value in held.items():
    if isinstance(value, socket.socket) and value.fileno() >= 0:
        for data in (b'{"exit": {"code": 0, "reason": "", "cpu_s": 0, "peak": 0}}', b"o{}", b"p" + b"this"):
            attempt(f"speak for the supervisor over {where}.{name}", lambda: value.send(data))
    if type(value).__name__ == "Group":
        attempt(f"{where}.{name} peak", lambda: value.peak() or found(0))
        attempt(f"{where}.{name} enter", value.enter)
        attempt(f"{where}.{name} remove", lambda: value._write(value._memory, "memory.limit_in_bytes", "-1"))
    if type(value).__name__ in ("Plan", "Order"):
        text = repr(value)
        if canaries(text.encode()) or "rubric" in text and T["checkout"] in text:
            through("told too much", text)
        for path in (getattr(value, "scratch", ""), os.path.dirname(getattr(value, "scratch", "")), getattr(value, "work", "")):
            if path and path != os.getcwd() and not os.getcwd().startswith(path):
                attempt(f"look into {path}", lambda: found(os.listdir(path)))
            if path:
                attempt(f"write above {path}", lambda: open(path + "/../" + T["marker"], "w"))
# %%
# the functions of the cage are still there: whoever calls them now has no more rights than any cell
for f in below:
    for name, value in list(f.f_globals.items()):
        if isinstance(value, types.ModuleType) and name in ("sc", "landlock", "namespaces", "filters", "kernel"):
            for inner in ("unshare", "drop_capabilities"):
                if hasattr(value, inner):
                    attempt(f"{name}.{inner}", lambda: getattr(value, inner)(0x10000000) if inner == "unshare" else found(0))
            if hasattr(value, "mount"):
                attempt("mount", lambda: value.mount("tmpfs", os.getcwd(), "tmpfs", 0))
            if hasattr(value, "pivot_root"):
                attempt("pivot_root", lambda: value.pivot_root(".", "."))
            if hasattr(value, "restrict"):
                attempt("another landlock", lambda: value.restrict(["/"], ["/"], []))
            if hasattr(value, "install"):
                attempt("another filter", lambda: value.install(b"\x06\0\0\0\0\0\xff\x7f"))
open_sockets = [s for s in gc.get_objects() if isinstance(s, socket.socket) and s.fileno() >= 0 and s.type != socket.SOCK_STREAM]
attempt("sockets in memory", lambda: found(open_sockets))
