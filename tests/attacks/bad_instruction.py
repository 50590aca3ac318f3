# %%
import mmap
code = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE, 7)
code.write(b"\x0f\x0b")
ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
