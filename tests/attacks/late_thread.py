# %%
# a thread of this cell prints while later cells run, under its own name and under theirs
import threading
def talk():
    for _ in range(200):
        time.sleep(0.005)
        print("ghost of cell 2", flush=True)
        sys.__stdout__.write("ghost\n")
threading.Thread(target=talk).start()
# %%
time.sleep(0.3)
print("cell three")
