# %%
import random
random.seed(1)
for fd in [*connections(1), *connections(2)]:
    os.set_blocking(fd, False)
    for _ in range(20):
        try:
            os.write(fd, random.randbytes(random.randrange(1, 3000)))
        except OSError:
            pass
time.sleep(5)
