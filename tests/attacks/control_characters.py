# %%
print("\0\x01\x02\x1b]0;title\x07\x1b[31;1mred\x1b[0m\x08\x7f\x85\u2028\ud800\udfff\U0010ffff\u202e\ufeff".encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
print("\x1b]" * 100_000)
print("\x1b[" + "1;" * 100_000)
print("\r" * 100_000 + "=" * 800_000)
print("a\0b = 1.5")
sys.stdout.write("\ud800")
