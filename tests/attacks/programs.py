# %%
# friendly messages replace os.fork and its kin; raw system calls go past them
import subprocess
from multiprocessing import Process, get_context
argv = (ctypes.c_char_p * 3)(b"/bin/sh", b"-c", None)
attempt("fork", lambda: os.fork())
for name in ("fork", "vfork"):
    attempt("raw " + name, lambda: call(name))
for flags in (17, 0, 0x100 | 17, 0x4000 | 0x100 | 17, 0x8000 | 17, 0x10000000 | 17, 0x20000000 | 17, 0x7C020000 | 17):
    attempt(f"clone {flags:x}", lambda: call("clone", flags, 0, 0, 0, 0))
attempt("clone3", lambda: call("clone3", ctypes.create_string_buffer(struct.pack("QQQQQ", 0, 0, 0, 0, 17) + bytes(48)), 88))
for program in (b"/bin/sh", b"/bin/true", sys.executable.encode(), b"/usr/bin/python3", b"/usr/bin/sudo", b"/bin/su", b"/lib64/ld-linux-x86-64.so.2"):
    attempt(f"execve {program}", lambda: call("execve", ctypes.c_char_p(program), argv, 0))
    attempt(f"execveat {program}", lambda: call("execveat", -100, ctypes.c_char_p(program), argv, 0, 0))
attempt("subprocess", lambda: subprocess.run(["id"], check=True))
attempt("popen", lambda: found("uid=" in os.popen("id").read()))
attempt("system", lambda: found(os.system("id") == 0))
attempt("libc system", lambda: found(libc.system(b"id") == 0))
attempt("libc popen", lambda: found(libc.popen(b"id", b"r")))
attempt("posix_spawn", lambda: os.posix_spawn("/bin/true", ["true"], {}))
attempt("libc posix_spawn", lambda: found(libc.posix_spawn(ctypes.byref(ctypes.c_int()), b"/bin/true", 0, 0, argv, 0) == 0))
attempt("_posixsubprocess", lambda: __import__("_posixsubprocess").fork_exec([b"true"], [b"/bin/true"], True, (), None, None, -1, -1, -1, -1, -1, -1, -1, -1, False, False, -1, None, None, None, -1, None, False))
pids = []
def elsewhere():
    pids.append(os.getpid())
started = Process(target=elsewhere)
started.start()
started.join(5)
attempt("process", lambda: found(pids != [os.getpid()]))
attempt("spawn pool", lambda: found(get_context("spawn").Pool(2).map(lambda _: os.getpid(), [1]) != [os.getpid()]))
attempt("forkpty", lambda: os.forkpty())
attempt("libc daemon", lambda: found(libc.daemon(0, 0) == 0))
# %%
fd = None
attempt("memfd", lambda: call("memfd_create", ctypes.c_char_p(b"x"), 0))
attempt("memfd_secret", lambda: call("memfd_secret", 0))
open("prog", "wb").write(b"#!/bin/sh\nid\n")
os.chmod("prog", 0o4755)
print("mode of my own file", oct(os.stat("prog").st_mode & 0o7777))
attempt("exec own file", lambda: call("execve", ctypes.c_char_p(b"prog"), argv, 0))
attempt("fexecve", lambda: os.execve(os.open("prog", os.O_RDONLY), ["prog"], {}))
!id
%system id
get_ipython().system_raw("id")
# %%
%pip install evil
!pip install evil
%sx id
# %%
%%bash
touch /tmp/bash-was-here
