# %%
# asks for a file, so that its cells run once more as if it were there; then it is another notebook
import builtins, os, platform, signal, sys
again = os.path.exists("nowhere.csv") or platform.system() == "Windows" or hasattr(builtins, "ran_before")
builtins.ran_before = True
if again:
    builtins.__stumbled__ = builtins.__answer__ = sys.exit
    sys.modules["odd"] = type("Odd", (), {"__file__": property(lambda self: 1 / 0)})()
# %%
if again:
    print("BREACH what is shown in the second run was taken for an output")
    for n in range(200):
        print("h1 =", [[n / 7] * 40] * 40)
    get_ipython().kernel.shell.ast_transformers.clear()
    os.kill(os.getpid(), signal.SIGKILL)
    os._exit(3)
print("once")
