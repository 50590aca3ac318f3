# %%
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
for number in (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN):
    os.kill(os.getpid(), number)
time.sleep(60)
