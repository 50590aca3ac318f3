# %%
# the first thread goes: /proc shows no open files any more, and the deleted ones grow
import threading
def fill():
    time.sleep(0.2)
    kept = []
    while True:
        fd = os.open("f", os.O_CREAT | os.O_WRONLY)
        os.unlink("f")
        kept.append(fd)
        for _ in range(4):
            os.write(fd, bytes(1 << 20))
        open("/dev/null", "w").close()
        if len(kept) == 40:
            through("160 MiB")
        time.sleep(0.01)
threading.Thread(target=fill).start()
time.sleep(0.05)
call("exit", 0)
