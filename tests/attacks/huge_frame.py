# %%
(fd,) = list(connections(2))[:1]
os.set_blocking(fd, True)
os.write(fd, b"\x02" + struct.pack(">Q", 1 << 50) + bytes(1 << 20))
time.sleep(5)
