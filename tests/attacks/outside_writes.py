# %%
# Landlock does not see these; the tree outside is compared afterwards, byte by byte and mode by mode
for path in [*T["secret_files"], T["outside"], T["checkout"], sys.prefix, os.__file__, "/usr/lib", "/dev/null"]:
    for act in (
        lambda: os.chmod(path, 0o777), lambda: os.chown(path, os.getuid(), -1), lambda: os.utime(path, (0, 0)),
        lambda: os.setxattr(path, "user.x", b"y"), lambda: call(280, -100, ctypes.c_char_p(path.encode()), 0, 0),
        lambda: call(452, -100, ctypes.c_char_p(path.encode()), 0o777, 0),
        lambda: os.chmod(os.open(path, os.O_RDONLY), 0o777), lambda: os.chmod(os.open(path, os.O_PATH), 0o777),
        lambda: call(260, -100, ctypes.c_char_p(path.encode()), os.getuid(), -1, 0),
    ):
        try:
            act()
        except OSError as error:
            print(path, error)
print("mode of a system file", oct(os.stat(os.__file__).st_mode & 0o777))
attempt("chmod a library", lambda: found(os.stat(os.__file__).st_mode & 0o022))
# %%
import site
import numpy
import torch
places = [os.path.dirname(numpy.__file__), os.path.dirname(os.path.dirname(numpy.__file__)), os.path.dirname(torch.__file__), os.path.dirname(os.__file__),
          T["home"], "/root", "/usr/lib/python3", "/etc", "/usr/local", *site.getsitepackages(), T["checkout"], T["rubric"], T["run"], sys.prefix, "/home", "/"]
for place in places:
    for name in ("sitecustomize.py", "usercustomize.py", "evil.pth", "__pycache__/x.pyc", ".ipython/profile_default/startup/00.py", ".config/matplotlib/matplotlibrc", ".bashrc", T["marker"]):
        attempt(f"write {place}/{name}", lambda: open(os.path.join(place, name), "a").write("import evil"))
    attempt(f"mkdir {place}", lambda: os.mkdir(os.path.join(place, T["marker"])))
    attempt(f"rename {place}", lambda: os.rename(place, place + ".old"))
attempt("patch numpy on disk", lambda: open(numpy.__file__, "r+").write("evil"))
attempt("map numpy shared", lambda: __import__("mmap").mmap(os.open(numpy.__file__, os.O_RDWR), 100))
