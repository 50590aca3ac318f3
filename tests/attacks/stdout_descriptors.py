# %%
# the descriptors behind print: closed, replaced by a file, by a full pipe, by each other
print("first", flush=True)
r, w = os.pipe()
keep = os.dup(1)
inner = sys.stdout._fid
os.dup2(os.open("x", os.O_RDWR | os.O_CREAT), inner)
print("through a file", flush=True)
os.dup2(r, inner)
os.write(w, b"injected\n" * 3000)
print("through a pipe of mine", flush=True)
os.close(inner)
os.close(1)
print("without", flush=True)
os.dup2(sys.stderr._fid, 1)
os.write(keep, b"x" * 1000)
sys.stdout._fid = "no descriptor"
# %%
sys.stdout._fid = None
print("cell three")
