# %%
# shared memory of which one page stays mapped: the rest is still there and shows nowhere
import mmap
def left_behind(fd, flags):
    size = 8 << 20
    libc.mmap.restype = ctypes.c_void_p
    area = libc.mmap(None, ctypes.c_size_t(size), 3 if fd < 0 else 1, flags, fd, ctypes.c_long(0))
    if area == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "mmap")
    for page in range(0, size, 4096):
        ctypes.c_char.from_address(area + page).value
    libc.munmap(ctypes.c_void_p(area + 4096), ctypes.c_size_t(size - 4096))
def fill(act):
    for _ in range(40):
        act()
attempt("anonymous", lambda: fill(lambda: left_behind(-1, 0x21)))
attempt("anonymous, validated", lambda: fill(lambda: left_behind(-1, 0x23)))
attempt("/dev/zero", lambda: fill(lambda: left_behind(os.open("/dev/zero", os.O_RDONLY), 1)))
