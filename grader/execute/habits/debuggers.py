# mypy: ignore-errors
"""A forgotten `breakpoint()`, `%debug` or `%pdb` is skipped: nobody would answer it."""

import sys

from .telling import WHERE, say, tell


def install(shell):
    import pdb

    from IPython.core import debugger

    sys.modules.pop("doctest", None)  # imported before IPython took the place of pdb's class

    def skip(*args, **kwargs):
        tell("debugger", "", "breakpoint()", "instead")
        say(f"A debugger can't be used {WHERE}; this line was skipped.")

    sys.breakpointhook = pdb.set_trace = debugger.set_trace = skip
    magics = shell.magics_manager.magics
    magics["line"]["debug"] = magics["line"]["pdb"] = magics["cell"]["debug"] = skip
