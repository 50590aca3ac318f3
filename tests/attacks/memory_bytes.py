# %%
kept = []
try:
    while True:
        kept.append(bytearray(b"x") * (16 << 20))
except MemoryError:
    print("stopped")
del kept
