# %%
kept = []
for n in range(200):
    f = open("f", "wb")
    os.unlink("f")
    f.write(bytes(1 << 20))
    f.flush()
    kept.append(f)
    time.sleep(0.01)
through("200 MiB of deleted files")
