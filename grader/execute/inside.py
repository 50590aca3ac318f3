# mypy: ignore-errors
# ruff: noqa: PTH109, PTH118
"""Runs inside the kernel, before anything of the student's, in a namespace of its own.

This file is read as text and executed on the kernel's side; the grader never imports it for its
effects, and it imports nothing of the grader. The warm server executes it once and has each kernel
call `install`; a kernel without a cage gets all of it sent. It makes a notebook behave as under
Jupyter where the cage allows it, and fail with a message a student understands where it does not.
None of it is protection: the student's code can undo all of it.

- `exit()`, `quit()` and `os.kill(os.getpid(), 9)`, which restarts a runtime at Colab, end nothing: the
  cells after them run, as a fair reader would read on.
- `!command`, `%%bash`, `%pip` and their kin print that they can't run, and the cell goes on.
- `input()` and `getpass()` raise and say why; a forgotten `breakpoint()`, `%debug` or `%pdb` is skipped.
- `%matplotlib` with a window or widget backend draws inline; `tqdm.notebook` without ipywidgets draws
  its bars as text.
- An import of a package that is not installed, written in the notebook or a file beside it and not
  guarded by the student's own `try`, gives a placeholder that explains itself on use.
"""

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import os
import signal
import sys
import types

WHERE = "in the grading environment"
NEEDS = {"torch.utils.tensorboard": "tensorboard"}
"""Modules of installed packages that students import and that can't be without another package."""


class Absent:
    """Stands for something from a package that is not installed; explains itself on use."""

    def __init__(self, name):
        self.__dict__["_name"] = name

    def _explain(self, *args, **kwargs):
        __tracebackhide__ = True
        needed = (package for module, package in NEEDS.items() if self._name.startswith(module))
        package = next(needed, self._name.partition(".")[0])
        raise ModuleNotFoundError(
            f"{self._name} is not available: the package {package!r} is not installed {WHERE}", name=package
        )

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return Absent(f"{self._name}.{name}")

    def __repr__(self):
        return f"<{self._name}: not installed {WHERE}>"

    __call__ = __setattr__ = __getitem__ = __setitem__ = __iter__ = __len__ = __bool__ = _explain
    __enter__ = __aenter__ = __mro_entries__ = __add__ = __radd__ = __sub__ = __mul__ = __rmul__ = _explain
    __truediv__ = __matmul__ = __contains__ = __int__ = __float__ = __array__ = __lt__ = __gt__ = _explain


class AbsentModule(types.ModuleType):
    """What `import absent_package` gives."""

    def __getattr__(self, name):
        if name == "__version__":
            Absent(self.__name__)._explain()
        if name.startswith("_"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")

    def __repr__(self):
        return f"<module {self.__name__!r}: not installed {WHERE}>"


class AbsentFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Last on the path: finds what nobody else found, for the student's own import statements."""

    def __init__(self, home):
        self._home = os.path.join(home, "")

    def find_spec(self, fullname, path=None, target=None):
        top = fullname.partition(".")[0]
        if top == fullname:
            return self.spec(fullname)
        if not isinstance(sys.modules.get(top), AbsentModule):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def spec(self, name):
        """A placeholder, if a student's import statement asks for it."""
        if not asked_by_student(self._home):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return AbsentModule(spec.name)

    def exec_module(self, module):
        pass


class NeedyFinder(importlib.abc.MetaPathFinder):
    """First on the path: a module of `NEEDS` without its package is as absent as that."""

    def __init__(self, absent):
        self._absent = absent

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in NEEDS or importlib.util.find_spec(NEEDS[fullname]) is not None:
            return None
        return self._absent.spec(fullname)


def asked_by_student(home):
    """Whether the import statement at hand is the student's, and not prepared to fail.

    home: the directory of the student's files, with a slash at the end.
    """
    frame = sys._getframe(1)
    while frame is not None and (
        frame.f_code.co_filename == __file__
        or frame.f_code.co_filename.startswith("<frozen importlib._bootstrap")
    ):
        frame = frame.f_back
    if frame is None:
        return False
    file = frame.f_code.co_filename
    if frame.f_globals.get("__name__") != "__main__" and not file.startswith(home):
        return False
    return not guarded("".join(linecache.getlines(file, frame.f_globals)), frame.f_lineno)


def guarded(source, line):
    """Whether a `try` with handlers, or a `with`, stands around this line (from 1) of the source."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return True
    for node in ast.walk(tree):
        catches = isinstance(node, (ast.Try, ast.TryStar)) and node.handlers
        if not catches and not isinstance(node, (ast.With, ast.AsyncWith)):
            continue
        if node.body[0].lineno <= line <= node.body[-1].end_lineno:
            return True
    return False


def refuse_programs(shell):
    """`!command` and the script magics say that they can't run, and the cell goes on."""
    from IPython.utils.text import SList

    def say(what):
        what = " ".join(str(what).split())[:80]
        print(f"{what}: other programs can't be started {WHERE}; this line was skipped.", file=sys.stderr)
        shell.user_ns["_exit_code"] = 126

    def system(command):
        say("!" + command)

    def getoutput(command, split=True, depth=0):
        say("!" + command)
        return SList() if split else ""

    shell.system = shell.system_raw = shell.system_piped = system
    shell.getoutput = getoutput

    def line_magic(name):
        return lambda line: say(f"%{name} {line}")

    def cell_magic(name):
        def run(line, cell=""):
            say(f"%%{name} {line}")

        return run

    magics = shell.magics_manager.magics
    for name in ("pip", "conda", "mamba", "micromamba", "uv", "sx", "sc", "system"):
        if name in magics["line"]:
            magics["line"][name] = line_magic(name)
    for name in ("bash", "sh", "script", "perl", "ruby", "python", "python2", "python3", "pypy", "js",
                 "javascript_node", "sx", "system", "!"):  # fmt: skip
        if name in magics["cell"]:
            magics["cell"][name] = cell_magic(name)


def refuse_questions(kernel):
    """`input()` raises and says why."""

    def nobody(*args, **kwargs):
        __tracebackhide__ = True
        raise RuntimeError(f"input() can't be answered {WHERE}: nobody sits at the keyboard")

    kernel.raw_input = kernel.getpass = nobody


def skip_debuggers(shell):
    """A breakpoint says that nobody would answer it, and the cell goes on."""
    import pdb

    from IPython.core import debugger

    def skip(*args, **kwargs):
        print(f"A debugger can't be used {WHERE}; this line was skipped.", file=sys.stderr)

    sys.breakpointhook = pdb.set_trace = debugger.set_trace = skip
    magics = shell.magics_manager.magics
    magics["line"]["debug"] = magics["line"]["pdb"] = magics["cell"]["debug"] = skip


def outlive_signals():
    """A signal to itself that would end the kernel is skipped, like `exit()`."""
    kill = os.kill
    fatal = (signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGQUIT)

    def kill_nobody(pid, number, /):
        if pid == os.getpid() and number in fatal and signal.getsignal(number) in (signal.SIG_DFL, None):
            print(f"{signal.Signals(number).name} was not sent: the kernel can't be restarted {WHERE}.",
                  file=sys.stderr)  # fmt: skip
        else:
            kill(pid, number)

    os.kill = kill_nobody


def draw_inline(shell):
    """A window or widget backend becomes the inline one."""
    enable = shell.enable_matplotlib

    def enable_matplotlib(gui=None):
        return enable("inline" if gui not in (None, "inline", "agg") else gui)

    shell.enable_matplotlib = enable_matplotlib


def draw_bars_as_text():
    """Without ipywidgets, on which it insists, `tqdm.notebook` is plain tqdm."""
    notebook = sys.modules.get("tqdm.notebook")
    if notebook is not None and notebook.IProgress is None:
        plain = sys.modules["tqdm.std"]
        notebook.tqdm = notebook.tqdm_notebook = plain.tqdm
        notebook.trange = notebook.tnrange = plain.trange


def install(shell):
    """Set everything up in the running kernel, whose shell this is."""
    shell.ask_exit = lambda: None
    refuse_programs(shell)
    refuse_questions(shell.kernel)
    draw_inline(shell)
    draw_bars_as_text()
    skip_debuggers(shell)
    outlive_signals()
    absent = AbsentFinder(os.getcwd())
    sys.meta_path.append(absent)
    sys.meta_path.insert(0, NeedyFinder(absent))
