# %%
for n in range(200):
    try:
        with open(f"sparse{n}", "wb") as f:
            f.seek(1 << 40)
            f.write(b"x")
    except OSError as error:
        if n == 0:
            print("refused", error)
open("ok", "wb").truncate(1 << 20)
