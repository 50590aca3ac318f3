# %%
for path in (T["victim_dir"], T["victim_dir"] + "/note.txt", f"/proc/{T['victim']}/cwd/note.txt", f"/proc/{T['victim']}/root/home/student/note.txt", T["run"], "/home"):
    if path.startswith(os.getcwd()):
        continue  # in a private root a sibling's path is one's own
    attempt(f"read {path}", lambda: slurp(path))
    attempt(f"list {path}", lambda: found(set(os.listdir(path)) - {"student"}))
    attempt(f"write {path}", lambda: open(path + "/x" if not path.endswith("txt") else path, "w").write("poison"))
    attempt(f"remove {path}", lambda: os.remove(path))
for folder in glob.glob("/tmp/cage-*") + glob.glob(T["run"] + "/*") + [f"{T['run']}/{n}/work" for n in range(30)]:
    if not os.path.samefile(folder, ".") if os.path.exists(folder) else True:
        attempt(f"list {folder}", lambda: found(os.listdir(folder)))
for name in T["sockets"]:
    attempt(f"stat {name}", lambda: slurp(name))
    attempt(f"unlink {name}", lambda: os.unlink(name))
    attempt(f"rename {name}", lambda: os.rename(name, "gone"))
    attempt(f"symlink {name}", lambda: os.symlink("x", name + "x"))
# %%
from multiprocessing import shared_memory
attempt("shared memory", lambda: shared_memory.SharedMemory(T["marker"], create=True, size=10))
attempt("posix semaphore", lambda: __import__("_multiprocessing").SemLock(1, 1, 1, "/" + T["marker"], False))
for name in ("/dev/shm/", "/tmp/", "/var/tmp/", "/run/", "/dev/mqueue/", T["home"] + "/", T["outside"] + "/"):
    attempt(f"drop in {name}", lambda: open(name + T["marker"], "w").write("x"))
    attempt(f"mkdir in {name}", lambda: os.mkdir(name + T["marker"] + "d"))
    attempt(f"link in {name}", lambda: os.symlink("/", name + T["marker"] + "l"))
attempt("sysv shm", lambda: call("shmget", 0x47524144, 4096, 0o1666))
attempt("sysv shm of others", lambda: call("shmget", T["shm_key"], 0, 0))
attempt("sysv shm ids", lambda: [ctypes.c_long(call("shmat", n, 0, 0o10000)) for n in range(64)])
attempt("sysv sem", lambda: call("semget", 0x47524144, 1, 0o1666))
attempt("sysv msg", lambda: call("msgget", 0x47524144, 0o1666))
attempt("mq", lambda: call("mq_open", ctypes.c_char_p(b"x"), 0o102, 0o666, 0))
attempt("keyring", lambda: call("keyctl", 0, -4, 1))
attempt("add_key", lambda: call("add_key", ctypes.c_char_p(b"user"), ctypes.c_char_p(b"x"), ctypes.c_char_p(b"y"), 1, -4))
attempt("fifo", lambda: os.mkfifo("fifo"))
attempt("device", lambda: os.mknod("dev", 0o600 | 0o20000, os.makedev(1, 3)))
attempt("socket file", lambda: os.mknod("sock", 0o600 | 0o140000))
