# %%
# the one who removes this tree moves directories about: be there first, and be deep
home = os.getcwd()
for n in range(1, 150):
    os.makedirs(f".removed-{n}/x")
for n in range(3):
    os.chdir(home)
    os.mkdir(f"z{n}")
    os.chdir(f"z{n}")
    for _ in range(1100):
        os.mkdir("d")
        os.chdir("d")
os.chdir(home)
os.mkdir("locked", 0)
os.symlink(T["outside"], "out")
os.symlink("/", "root")
os.makedirs("x/y")
os.symlink(T["outside"], "x/y/z")
