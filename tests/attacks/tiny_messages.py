# %%
import sys
while True:
    sys.stdout.write("1")
    sys.stdout.flush()
