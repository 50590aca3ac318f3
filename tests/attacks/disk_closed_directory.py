# %%
os.mkdir("closed", 0o700)
for n in range(160):
    open(f"closed/{n}", "wb").write(bytes(1 << 20))
    if n == 0:
        os.mkdir("never", 0)
        os.chmod("closed", 0o300)
    time.sleep(0.01)
through("160 MiB in a closed directory")
