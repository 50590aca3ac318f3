# %%
# the first thread of a process goes and leaves the others: /proc shows no memory any more
import threading
import mmap
def eat():
    time.sleep(0.2)
    kept = []
    while True:
        area = mmap.mmap(-1, 16 << 20, mmap.MAP_PRIVATE)
        for page in range(0, len(area), 4096):
            area[page] = 1
        kept.append(area)
        if len(kept) == 28:
            through("448 MiB")
threading.Thread(target=eat).start()
time.sleep(0.05)
call("exit", 0)
