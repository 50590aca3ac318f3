# %%
for n in range(1000):
    open(f"big{n}", "wb").write(bytes(1 << 20))
    time.sleep(0.005)
