# %%
# names that read as lines about it to whoever splits what /proc says at every kind of line end
for name in (b"\rVmSwap: x", b"\rThreads: x", b"\rRssAnon:", b"\x0bState: Z", b"x) Z 1 1", b"\rVmSwap: -99999"):
    libc.prctl(15, ctypes.c_char_p(name), 0, 0, 0)
    time.sleep(0.15)
