# %%
# locks whose owner is somebody else: Linux takes the word's number for a thread's, anybody's
import threading
LOCK_PI, UNLOCK_PI, TRYLOCK_PI, LOCK_PI2, PRIVATE = 6, 7, 8, 13, 128
words = []
def held(pid, how):
    word = ctypes.c_uint32(pid)
    words.append(word)
    soon = struct.pack("qq", int(time.time()) + 1, 0)
    try:
        call(202, ctypes.addressof(word), how, 0, ctypes.c_char_p(soon), 0, 0)
    except OSError as error:
        print(pid, how, error)
threads = [
    threading.Thread(target=held, args=(pid, how))
    for pid in T["pids"] for how in (LOCK_PI, LOCK_PI | PRIVATE, TRYLOCK_PI, UNLOCK_PI, LOCK_PI2 | PRIVATE)
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(3)
# a list of robust locks that leads nowhere, and into itself, for when the thread ends
node = (ctypes.c_long * 3)()
node[0] = ctypes.addressof(node)
def ends_badly(first):
    head = (ctypes.c_long * 3)(first, 0, 0)
    words.append(head)
    call(273, ctypes.addressof(head), 24)
for first in (ctypes.addressof(node), 8, -1):
    thread = threading.Thread(target=ends_badly, args=(first,))
    thread.start()
    thread.join()
