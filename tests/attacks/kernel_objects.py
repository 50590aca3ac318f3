# %%
# pages of a file in pipes and sockets: they stay when the file is emptied, two megabytes for a byte
fd = os.open("f", os.O_RDWR | os.O_CREAT)
os.write(fd, b"x" * 4096)
one, other = socket.socketpair()
reader, writer = os.pipe()
attempt("a page sent into a pipe", lambda: os.sendfile(writer, fd, 0, 1))
attempt("a page sent into a socket", lambda: os.sendfile(one.fileno(), fd, 0, 1))
attempt("a page spliced into a pipe", lambda: call(275, fd, 0, writer, 0, 1, 0))
os.write(writer, b"x")
attempt("a pipe's page in another", lambda: call(276, reader, os.pipe()[1], 1, 0))
attempt("a page of its own in a pipe", lambda: call("vmsplice", writer, struct.pack("QQ", id(fd), 8), 1, 0))
# %%
# a watch for each number that each of many files had for a moment, by many watchers; a user has so many
free = []
try:
    while True:
        free.append(os.dup(0))
except OSError:
    pass
for fd in free:
    os.close(fd)
third = len(free) // 3
watchers = [libc.epoll_create1(0) for _ in range(third)]
files = [libc.eventfd(0, 0) for _ in range(third)]
numbers = [os.dup(0) for _ in range(third)]
event = ctypes.create_string_buffer(struct.pack("<IQ", 1, 0))
watches = 0
for file in files:
    for number in numbers:
        libc.dup2(file, number)
        watches += sum(not libc.epoll_ctl(watcher, 1, number, event) for watcher in watchers)
        os.close(number)
for fd in watchers + files:
    os.close(fd)
if watches > 100_000:
    through(watches, "watches")
# %%
# signals that wait are limited per user, timers among them
class Told(ctypes.Structure):
    _fields_ = (("value", ctypes.c_long), ("signal", ctypes.c_int), ("how", ctypes.c_int), ("rest", ctypes.c_char * 48))
timer = ctypes.c_int()
made = 0
while made < 1000 and libc.timer_create(1, ctypes.byref(Told(0, 34, 0, b"")), ctypes.byref(timer)) == 0:
    made += 1
if made == 1000:
    through(made, "timers")
