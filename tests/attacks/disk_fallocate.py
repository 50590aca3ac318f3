# %%
# blocks beyond the end of files, which look empty: all there is of a disk, before anybody looks again
for n in range(200):
    fd = os.open(f"f{n}", os.O_WRONLY | os.O_CREAT)
    if libc.fallocate(fd, n % 2, ctypes.c_long(0), ctypes.c_long(15 << 20)):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    os.close(fd)
through("3 GB, and files of", os.path.getsize("f1"))
