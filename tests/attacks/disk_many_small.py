# %%
for n in range(30000):
    open(f"small{n}", "w").close()
print("made them all")
