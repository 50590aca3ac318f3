# %%
# deleted files of which one page stays mapped, and no descriptor
for n in range(60):
    fd = os.open("f", os.O_CREAT | os.O_RDWR)
    os.unlink("f")
    os.write(fd, bytes(4 << 20))
    libc.mmap(None, ctypes.c_size_t(4096), 1, 1, fd, ctypes.c_long(0))
    os.close(fd)
    time.sleep(0.02)
through("240 MiB in files that nobody sees")
