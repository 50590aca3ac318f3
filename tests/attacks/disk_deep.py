# %%
for n in range(1200):
    os.mkdir("d" * 200)
    os.chdir("d" * 200)
open("deep", "w").write("x")
print("deep")
time.sleep(0.6)
