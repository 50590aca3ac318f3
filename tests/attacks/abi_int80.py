# %%
# getpid through the 32-bit entry, whose numbers mean other calls to a careless filter
import mmap
code = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE, 7)
code.write(bytes.fromhex("b814000000cd80c3"))
run = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
attempt("int 0x80", lambda: found(run() > 0))
