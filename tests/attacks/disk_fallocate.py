# %%
# blocks beyond the end of files: each looks empty
names = [f"f{i}" for i in range(200)]
for name in names:
    fd = os.open(name, os.O_WRONLY | os.O_CREAT)
    if libc.fallocate(fd, 1, ctypes.c_long(0), ctypes.c_long(15 << 20)):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    os.close(fd)
    time.sleep(0.01)
through("3 GB, and files of", {os.path.getsize(name) for name in names})
