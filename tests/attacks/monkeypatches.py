# %%
import builtins
import json
import numpy
import IPython
real = builtins.print
ip = get_ipython()
builtins.print = lambda *a, **k: real("patched", *a)
numpy.random.seed = lambda *a: None
json.dumps = json.loads = lambda *a, **k: 1 / 0
sys.stdout = sys.stderr = sys.stdin = None
sys.meta_path.clear()
sys.path.clear()
sys.modules.clear()
ip.events.callbacks = None
# %%
sys.stdout = sys.__stdout__
import socket as anything
