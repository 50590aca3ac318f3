# %%
# the full directory is always somewhere else when its size is taken
import threading
os.mkdir("names")
for n in range(300):
    open(f"names/{n}", "w").close()
os.mkdir("names/a")
full = os.open("names/a", os.O_RDONLY)
names = os.open("names", os.O_RDONLY)
def move():
    here = "a"
    while True:
        there = "b" if here == "a" else "a"
        os.rename(here, there, src_dir_fd=names, dst_dir_fd=names)
        here = there
threading.Thread(target=move, daemon=True).start()
for n in range(160):
    fd = os.open(str(n), os.O_CREAT | os.O_WRONLY, dir_fd=full)
    os.write(fd, bytes(1 << 20))
    os.close(fd)
    time.sleep(0.01)
through("160 MiB hidden")
