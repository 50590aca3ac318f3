# %%
# whatever a kernel can write must be its own and must be gone for the next
home = os.path.expanduser("~")
for name in ("sitecustomize.py", "usercustomize.py", "torch.py", "numpy.py", "json.py", ".ipython/profile_default/startup/00-evil.py", ".config/matplotlib/matplotlibrc", "matplotlibrc",
             ".local/lib/python3.11/site-packages/evil.pth", ".cache/x", "__pycache__/torch.cpython-311.pyc", ".jupyter/jupyter_config.py", ".bashrc", ".netrc", "tmp/x"):
    path = os.path.join(home, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, "w").write("print('BREACH poisoned')\nraise SystemExit('poisoned')\n")
import builtins
import numpy
import torch
torch.nn.functional.linear = lambda *a: 1 / 0
numpy.random.seed = lambda *a: 1 / 0
builtins.print, said = (lambda *a, **k: None), builtins.print
sys.modules["torch"] = sys.modules["numpy"] = None
builtins.print = said
