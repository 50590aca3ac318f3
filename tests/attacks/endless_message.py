# %%
# a message of many parts that never ends: libzmq keeps the parts and hands out none
(fd,) = list(connections(2))[:1]
frame = b"\x03" + struct.pack(">Q", 1 << 20) + bytes(1 << 20)
os.set_blocking(fd, True)
while True:
    left = memoryview(frame)
    while left:
        left = left[os.write(fd, left):]
