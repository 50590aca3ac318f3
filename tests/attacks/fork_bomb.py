# %%
for _ in range(20000):
    for flags in (17, 0x100 | 17, 0x8000 | 17):
        if libc.syscall(N["clone"], ctypes.c_long(flags), 0, 0, 0, 0) != -1:
            through("forked")
        if libc.fork() == 0:
            through("forked")
