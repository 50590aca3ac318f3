# %%
import threading
threading.stack_size(65536)
for _ in range(4000):
    try:
        threading.Thread(target=time.sleep, args=(999,), daemon=True).start()
    except RuntimeError:
        time.sleep(0.001)
