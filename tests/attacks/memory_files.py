# %%
# shared mappings of files that are gone: neither disk nor private memory, unless somebody looks
import mmap
kept = []
while True:
    with open("f", "w+b") as f:
        f.truncate(4 << 20)
        area = mmap.mmap(f.fileno(), 4 << 20)
    os.unlink("f")
    for page in range(0, len(area), 4096):
        area[page] = 1
    kept.append(area)
