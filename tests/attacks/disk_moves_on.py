# %%
# the full directory moves to where the counting has been, as soon as a directory tells that it was read
import threading
os.mkdir("all")
for i in range(40):
    for k in range(60):
        os.makedirs(f"all/{i}/{k}")
late, *_, sensor, _, early = (f"all/{entry.name}" for entry in os.scandir("all"))
os.mkdir(f"{late}/full")
full = os.open(f"{late}/full", os.O_RDONLY)
def dodge():
    while True:
        os.mkdir(f"{sensor}/new")  # a time of access moves on only when something has changed since
        os.rmdir(f"{sensor}/new")
        before = os.stat(sensor).st_atime_ns
        while os.stat(sensor).st_atime_ns == before:
            time.sleep(0.0005)
        os.rename(f"{late}/full", f"{early}/full")
        time.sleep(0.15)
        os.rename(f"{early}/full", f"{late}/full")
threading.Thread(target=dodge, daemon=True).start()
for n in range(160):
    fd = os.open(str(n), os.O_CREAT | os.O_WRONLY, dir_fd=full)
    os.write(fd, bytes(1 << 20))
    os.close(fd)
    time.sleep(0.01)
through("160 MiB hidden")
