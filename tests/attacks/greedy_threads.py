# %%
# threads past the interpreter's lock: however many, they must not get as much as an honest student's each
import hashlib
import threading
block = bytes(1 << 20)
stop = False
mine = os.getpriority(os.PRIO_PROCESS, 0)
def burn():
    while not stop:
        hashlib.sha256(block)
threading.stack_size(1 << 18)
threads = [threading.Thread(target=burn) for _ in range(40)]
for thread in threads:
    thread.start()
time.sleep(0.5)
weights = [0.8 ** (os.getpriority(os.PRIO_PROCESS, thread.native_id) - mine) for thread in threads]
if sum(weights) > 3 and mine < 5:
    through("so many equals", sum(weights))
for way in ("setpriority", "ioprio_set"):
    attempt("rise again", lambda: call(way, 0, threads[0].native_id, 0))
stop = True
for thread in threads:
    thread.join()
if os.getpriority(os.PRIO_PROCESS, 0) > mine:
    through("the first thread stays low")
