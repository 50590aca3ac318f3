# %%
import faulthandler
for _ in range(3000):
    os.write(1, b"x" * 100_000)
    os.write(2, b"y" * 100_000)
    libc.write(1, b"z" * 1000, 1000)
print("done")
