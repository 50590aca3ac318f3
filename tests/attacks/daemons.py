# %%
import atexit
import signal
import threading
atexit.register(lambda: time.sleep(99))
def forever():
    while True:
        time.sleep(0.01)
        open("alive", "a").write("x")
for _ in range(8):
    threading.Thread(target=forever).start()
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for call_it in (os.fork, os.setsid, libc.fork, lambda: libc.daemon(1, 1)):
    try:
        if call_it() in (0, None):
            through("daemon")
    except OSError as error:
        print("refused", error)
