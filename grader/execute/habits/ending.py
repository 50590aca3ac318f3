# mypy: ignore-errors
"""`exit()`, `quit()`, a signal to itself and a shutdown, which restart a runtime at home, end nothing.

The cells after them run, as a fair reader would read on.
"""

import io
import os
import signal
import sys

from .telling import WHERE, install_telling, say


class _Bytes(io.BufferedIOBase):
    """`sys.stdout.buffer`: bytes, and what wraps them, are the notebook's output."""

    def __init__(self, stream):
        self._stream = stream

    def writable(self):
        return True

    def write(self, data):
        self._stream.write(bytes(data).decode("utf-8", "replace"))
        return len(data)

    def flush(self):
        self._stream.flush()


def _not_restarted(restart=False):
    say(f"The kernel can't be restarted {WHERE}; this line was skipped.")
    return {"status": "ok", "restart": restart}


def install(shell):
    install_telling(shell)
    shell.ask_exit = lambda: None
    shell.kernel.do_shutdown = _not_restarted
    kill = os.kill
    fatal = (signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGQUIT)

    def kill_nobody(pid, number, /):
        if pid == os.getpid() and number in fatal and signal.getsignal(number) in (signal.SIG_DFL, None):
            _not_restarted()
        else:
            kill(pid, number)

    os.kill = kill_nobody
    stream = type(sys.stdout)
    stream.buffer = property(_Bytes)  # as in a script
    stream.reconfigure = lambda self, **options: None
    # a watched descriptor, in a kernel at home; `sys.stdout = sys.__stdout__` is how many end a redirection
    sys.__stdout__ = sys.stdout
