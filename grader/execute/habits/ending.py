# mypy: ignore-errors
"""`exit()`, `quit()` and a signal to itself, which restarts a runtime at Colab, end nothing.

The cells after them run, as a fair reader would read on.
"""

import os
import signal

from .telling import WHERE, install_telling, say


def install(shell):
    install_telling(shell)
    shell.ask_exit = lambda: None
    kill = os.kill
    fatal = (signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGQUIT)

    def kill_nobody(pid, number, /):
        if pid == os.getpid() and number in fatal and signal.getsignal(number) in (signal.SIG_DFL, None):
            say(f"{signal.Signals(number).name} was not sent: the kernel can't be restarted {WHERE}.")
        else:
            kill(pid, number)

    os.kill = kill_nobody
