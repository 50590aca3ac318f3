# %%
for pid in ["self", "thread-self", *T["pids"]]:
    for name in ("environ", "mem", "maps", "cmdline", "stack", "auxv", "syscall", "pagemap", "io", "fdinfo/0", "status"):
        path = f"/proc/{pid}/{name}"
        try:
            data = slurp(path, 1 << 20)
        except (OSError, ValueError) as error:
            print("refused", path, error)
            continue
        if canaries(data) or pid not in ("self", "thread-self"):
            through(path, data[:300])
print("canary in environ", canaries(repr(dict(os.environ)).encode()))
# %%
# numbers that belong to somebody else are found by trying them all
seen = []
try:
    own = os.listdir("/proc/self/task")
except OSError:
    own = [os.getpid()]
try:
    own = [*own, os.readlink("/proc/self")]  # where /proc counts another way than we do
except OSError:
    pass
near = {pid + step for pid in T["pids"] for step in range(-60, 60)}
for pid in sorted({*range(1, 1500), *near} - {0, *map(int, own)}):
    try:
        slurp(f"/proc/{pid}/cmdline")
        seen.append(pid)
    except (OSError, ValueError):
        pass
attempt("processes of others", lambda: found(seen))
attempt("names in /proc", lambda: found([name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]))
attempt("sockets of others", lambda: found([line for line in open("/proc/net/unix") if "cage" in line and "/s/k-" in line and not line.endswith(("k-1\n", "k-2\n", "k-3\n", "k-4\n"))]))
attempt("tcp of others", lambda: found([line for line in open("/proc/net/tcp") if f"{T['tcp']:04X}" in line]))
