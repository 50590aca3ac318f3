# %%
# large pages of which one small one stays mapped: Linux keeps them whole until it runs out of memory
def available():
    return int(re.search(r"MemAvailable: *(\d+)", open("/proc/meminfo").read())[1]) >> 10
large = 2 << 20
place = ctypes.CDLL(None).mmap
place.restype = ctypes.c_void_p
before = available()
for _ in range(600):
    start = place(None, ctypes.c_size_t(2 * large), 3, 0x22, -1, ctypes.c_long(0))
    first = start + -start % large
    call(28, first, large, 14)
    ctypes.memset(first, 1, 1)
    for begin, end in ((start, first), (first + 4096, start + 2 * large)):
        if end > begin:
            call(11, begin, end - begin)
taken = before - available()
if taken > 900:
    through(taken, "MiB taken")
