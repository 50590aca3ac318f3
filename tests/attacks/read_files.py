# %%
# what a shell user would try first, then detours: links, /proc, descriptors, handles, other libraries
import numpy as np
import torch
for path in [*T["secret_files"], "/etc/shadow", "/etc/passwd-", "/root/.bashrc", "/root/.ssh/id_rsa", "/etc/machine-id",
             "/dev/mem", "/dev/kmem", "/proc/kcore", "/dev/sda", "/dev/vda", "/proc/1/environ", "/etc/hostname", T["grader_source"]]:
    attempt(f"read {path}", lambda: slurp(path))
    attempt(f"numpy {path}", lambda: found(np.fromfile(path, dtype=np.uint8)[:40].tobytes()))
    attempt(f"memmap {path}", lambda: bytes(np.memmap(path, mode="r")[:40]))
    attempt(f"torch {path}", lambda: torch.from_file(path, size=10, dtype=torch.uint8).tolist())
# %%
# the minimal root has some directories of these names, with nothing in them but the way to Python
harmless = {"passwd", "ld.so.cache", "fonts", "localtime", *sys.base_prefix.split("/"), *torch.__file__.split("/")}
for folder in ["/root", "/home/" + str(T["uid"]), T["home"], T["outside"], T["checkout"], T["rubric"], "/tmp", "/var/tmp", "/run", "/etc", "/dev/shm", T["run"]]:
    attempt(f"list {folder}", lambda: found(set(os.listdir(folder)) - harmless))
    attempt(f"glob {folder}", lambda: found([name for name in glob.glob(folder + "/*/*") if not torch.__file__.startswith(os.path.dirname(name)) and not sys.base_prefix.startswith(os.path.dirname(name)) and "fonts" not in name]))
# %%
secret = T["secret_files"][0]
for how in ("symlink", "link", "rename"):
    attempt(how + " in", lambda: (getattr(os, how)(secret, "in_" + how), slurp("in_" + how)))
open("mine", "w").write("x")
attempt("rename out", lambda: os.rename("mine", T["outside"] + "/dropped"))
attempt("link out", lambda: os.link("mine", T["outside"] + "/dropped"))
attempt("dotdot", lambda: slurp("../" * 40 + secret))
attempt("chdir", lambda: (os.chdir(T["outside"]), found(os.listdir("."))))
for root in ("/proc/self/root", "/proc/thread-self/root", f"/proc/{os.getpid()}/root", *[f"/proc/{pid}/root" for pid in T["pids"]]):
    attempt(f"by {root}", lambda: slurp(root + secret))
for pid in T["pids"]:
    attempt(f"cwd of {pid}", lambda: found(os.listdir(f"/proc/{pid}/cwd")))
    attempt(f"fds of {pid}", lambda: found(os.listdir(f"/proc/{pid}/fd")))
def slurp_at(fd):
    inside = os.open("..", os.O_RDONLY, dir_fd=fd)
    return found(os.listdir(inside))
for fd in range(3, 256):
    try:
        os.fstat(fd)
    except OSError:
        continue
    attempt(f"by descriptor {fd}", lambda: slurp_at(fd))
attempt("dirfd", lambda: os.open("..", os.O_RDONLY) and found(os.listdir("..")))
attempt("openat dirfd", lambda: os.read(os.open(secret.lstrip("/"), os.O_RDONLY, dir_fd=os.open("/", os.O_PATH)), 99))
attempt("O_PATH reopen", lambda: slurp(f"/proc/self/fd/{os.open(secret, os.O_PATH)}"))
handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
attempt("name_to_handle", lambda: call("name_to_handle_at", -100, ctypes.c_char_p(secret.encode()), handle, ctypes.byref(ctypes.c_int()), 0))
attempt("open_by_handle", lambda: call("open_by_handle_at", -100, handle, 0))
attempt("truncate", lambda: os.truncate(secret, 0))
attempt("append", lambda: os.write(os.open(secret, os.O_WRONLY | os.O_APPEND), b"x"))
attempt("unlink", lambda: os.unlink(secret))
attempt("o_tmpfile", lambda: os.open(T["outside"], os.O_TMPFILE | os.O_WRONLY))
