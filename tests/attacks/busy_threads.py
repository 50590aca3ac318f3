# %%
# every thread wants a processor and none needs the interpreter's lock
import hashlib
import threading
block = bytes(1 << 24)
threading.stack_size(1 << 16)
def burn():
    while True:
        hashlib.sha256(block)
for _ in range(50):
    threading.Thread(target=burn, daemon=True).start()
burn()
