"""What is read as a refusal of our environment, and what stays the notebook's own error."""

from __future__ import annotations

import pytest

from grader.execute import own
from grader.execute.absent import missing_packages
from grader.execute.own import NotebookCode, within
from grader.execute.refused import ended, read_error, refused
from grader.models import Cell, CellError, Refusal

OURS = {
    ("FileNotFoundError", "[Errno 2] No such file or directory: '/content/x/data.csv'"): "file:data.csv",
    ("FileNotFoundError", "[Errno 2] No such file or directory: 'C:\\\\Users\\\\me\\\\w.npy'"): "file:w.npy",
    ("FileNotFoundError", "weights.txt not found."): "file:weights.txt",
    ("AssertionError", "Torch not compiled with CUDA enabled"): "device:GPU",
    ("RuntimeError", "Found no NVIDIA driver on your system."): "device:GPU",
    ("RuntimeError", "PyTorch is not linked with support for mps devices"): "device:GPU",
    ("ModuleNotFoundError", "No module named 'fastai.basics'"): "package:fastai",
    ("URLError", "<urlopen error [Errno -3] Temporary failure in name resolution>"): "network",
    ("requests.exceptions.ConnectionError", "Max retries exceeded"): "network",
    ("TclError", "no display name and no $DISPLAY environment variable"): "display",
    ("Error", "unsupported locale setting"): "locale",
    ("OSError", "[Errno 30] Read-only file system: '/content'"): "path:content",
    ("OSError", "[Errno 24] Too many open files"): "storage",
    ("AttributeError", "`np.recfromcsv` was removed in the NumPy 2.0 release."): "version:numpy",
    ("AttributeError", "module 'torch' has no attribute 'rfft'"): "version:torch",
    ("AttributeError", "'numpy.ndarray' object has no attribute 'ptp'"): "version:numpy",
    ("AttributeError", "'DataFrame' object has no attribute 'ix'"): "version:",
    ("ModuleNotFoundError", "No module named 'torch._six'"): "version:torch",
    ("TypeError", "only 0-dimensional arrays can be converted"): "version:",
    ("OSError", "'tenth' is not a valid package style"): "version:",
    ("Exception", "File `'../utils/plots.py'` not found."): "file:plots.py",
    ("TclError", "Can't find a usable init.tcl in the following directories:"): "display",
    ("ImportError", "cannot import name 'soft_unicode' from 'markupsafe' (…)"): "version:markupsafe",
    ("OperationalError", "unable to open database file"): "path",
    ("OSError", "Cannot save file into a non-existent directory: '/content/x'"): "path:x",
    ("MemoryError", ""): "memory",
    ("NameError", "name 'xrange' is not defined"): "version:Python 2.7",
}  # fmt: skip
THEIRS = [
    ("NameError", "name 'W1' is not defined"),
    ("ModuleNotFoundError", "No module named 'torhc'"),
    ("RuntimeError", "mat1 and mat2 shapes cannot be multiplied (4x3 and 5x4)"),
    ("AttributeError", "module 'numpy' has no attribute 'zeroes'"),
    ("AttributeError", "module 'torch' has no attribute 'Sigmoid'"),
    ("AttributeError", "'numpy.ndarray' object has no attribute 'backward'"),
    ("Exception", "not found"),
    ("AssertionError", ""),
    ("ZeroDivisionError", "division by zero"),
    ("ValueError", "operands could not be broadcast together"),
    ("KeyError", "'file'"),
    ("SyntaxError", "invalid syntax"),
]


SITE = "/x/lib/python3.13/site-packages"
MAY_BE_OURS = {
    "a system call": ("OSError", "[Errno 38] Function not implemented", "", ""),
    "an import": ("ImportError", "Unable to find a usable engine; tried using: 'pyarrow'", "", ""),
    "a library's own error": ("MisconfigurationException", "no trainer", "lightning", ""),
    "a library's machinery": ("RuntimeError", "Failed to process string with tex", "matplotlib", ""),
    "another version of a library in a library": ("AttributeError", "module 'x' has …", "seaborn", ""),
    "torch without a network": ("DistNetworkError", "The server socket has failed to bind.", "torch", ""),
    "a variable of the machine": ("KeyError", "'USERPROFILE'", "os", ""),
    "an argument of a library": (
        *("AttributeError", "R.set() got an unexpected keyword argument 'n'", "matplotlib", ""),
    ),
    "a warning made an error": ("DeprecationWarning", "x is deprecated", "", ""),
    "a look at the version": ("AssertionError", "", "", "!ls\nimport sys\nassert sys.version_info > (3, 13)"),
    "an end after a look": ("SystemExit", "", "", "if sys.platform != 'win32':\n    sys.exit()"),
    "a look at the place": ("Exception", "", "", "if 'x' not in sys.modules:\n    raise Exception('!')"),
    "a name of an editor": ("NameError", "name '__vsc_ipynb_file__' is not defined", "", ""),
    "a folder without the data": ("IndexError", "list index out of range", "", "f = glob.glob('*.csv')[0]"),
    "no file in it": ("StopIteration", "", "", "f = next(Path('data').rglob('*.png'))"),
    "another folder": ("ValueError", "substring not found", "", "p = os.getcwd(); p = p[: p.index('hw4')]"),
    "a folder above": ("IndexError", "2", "pathlib", "from pathlib import Path\nPath.cwd().parents[2]"),
    "a listing by a function": (
        *("IndexError", "list index out of range", ""),
        "def find(d):\n    return [f for _, _, fs in os.walk(d) for f in fs]\nimages = find('x')\nimages[0]",
    ),
    "a listing of the shell": ("IndexError", "list index out of range", "", "files = !ls *.csv\nfiles[0]"),
    "a program that says nothing": (
        *("IndexError", "list index out of range", ""),
        "subprocess.run('nvidia-smi', capture_output=True).stdout.split()[8]",
    ),
}
THE_NOTEBOOKS = {
    "numbers to a library": ("ValueError", "x and y must have same first dimension", "matplotlib", ""),
    "a column": ("KeyError", "'speed'", "pandas", ""),
    "shapes": ("RuntimeError", "mat1 and mat2 shapes cannot be multiplied", "torch", ""),
    "a matrix": ("LinAlgError", "Singular matrix", "numpy", ""),
    "an error of its own": ("Bad", "", "", "class Bad(Exception): pass\nraise Bad"),
    "a keyword": ("TypeError", "f() got an unexpected keyword argument 'b'", "", "def f(a): ..."),
    "an assertion": ("AssertionError", "", "", "import sys\nprint(sys.platform)\nassert x.shape == y"),
    "shapes beside a listing": ("ValueError", "operands could not be broadcast", "numpy", "os.listdir('.')"),
    "a place in a list": ("IndexError", "list index out of range", "", "import glob\nvalues[3]"),
    "a package that nobody imports": ("ModuleNotFoundError", "No module named 'torhc'", "", ""),
}


@pytest.mark.parametrize("name", MAY_BE_OURS)
def test_an_unknown_error_that_tells_nothing_against_the_notebook(name: str) -> None:
    error, message, where, source = MAY_BE_OURS[name]
    found = read_error(
        CellError(cell=2, name=error, message=message, within=where),
        [],
        NotebookCode([Cell(index=2, kind="code", source=source)]),
    )
    assert found is not None and (found.kind, found.effect) == ("error", "raised")
    assert found.about == f"{error}: {message}".removesuffix(": ")


def test_what_the_machine_answered_is_followed_through_names_and_cells() -> None:
    cells = [
        "import os",
        "names = os.listdir('data')",
        "for name in names:\n    last = name",
        "last[0]",
        "x[0]",
    ]
    code = NotebookCode(Cell(index=n, kind="code", source=s) for n, s in enumerate(cells))
    assert [code.uses_an_answer(n) for n in range(len(cells))] == [False, True, True, True, False]


def test_functions_inside_functions_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eighty of them around twenty thousand names took 16 s, in which nobody else is graded."""
    looked = []
    monkeypatch.setattr(own, "_is_answered", lambda node, _: looked.append(node))
    deep = "".join(f"{' ' * n}def f{n}():\n" for n in range(80)) + " " * 80 + "x"
    NotebookCode([Cell(index=0, kind="code", source=deep)]).uses_an_answer(0)
    monkeypatch.setattr(own, "_is_answered", lambda node, _: looked.append(node) or node is looked[0])
    nodes = len(looked)
    looked.clear()
    NotebookCode([Cell(index=0, kind="code", source=deep)]).uses_an_answer(0)
    assert len(looked) <= 2 * nodes


@pytest.mark.parametrize("name", THE_NOTEBOOKS)
def test_an_unknown_error_of_the_notebook(name: str) -> None:
    error, message, where, source = THE_NOTEBOOKS[name]
    assert (
        read_error(
            CellError(cell=2, name=error, message=message, within=where),
            [],
            NotebookCode([Cell(index=2, kind="code", source=source)]),
        )
        is None
    )


@pytest.mark.parametrize(
    ("traceback", "package"),
    [
        (f"Cell In[3], line 2\n----> 2 x\n\nFile {SITE}/seaborn/a.py:4, in f(x)\n      4 y", "seaborn"),
        ("Cell In[3], line 2\nFile /usr/lib/python3.11/asyncio/runners.py:186, in run(main)\n", "asyncio"),
        (f"Cell In[3], line 2\n      1 df.x\n\nFile {SITE}/pandas/a.py:4, in N.__getattr__(self, n)\n", ""),
        (f"Cell In[3], line 2\n\nFile {SITE}/torch/a.py:4, in b(f)\n\nCell In[2], line 1, in f()\n", ""),
        ("Cell In[1], line 1\n      1 1 / 0\n\nZeroDivisionError: division by zero", ""),
        ("no traceback", ""),
    ],
)
def test_in_whose_code_an_error_was_raised(traceback: str, package: str) -> None:
    assert within(traceback) == package


@pytest.mark.parametrize(("name", "message"), OURS)
def test_an_error_of_our_environment(name: str, message: str) -> None:
    found = read_error(CellError(cell=3, name=name, message=message), ["fastai"])
    assert found is not None
    expected = OURS[name, message]
    expected += f"{name}: {message}" if expected.endswith(":") else ""  # of no library: the error itself
    assert (found.cause, found.cell, found.effect) == (expected, 3, "raised")


@pytest.mark.parametrize(("name", "message"), THEIRS)
def test_an_error_of_the_notebook(name: str, message: str) -> None:
    assert read_error(CellError(cell=0, name=name, message=message), ["fastai"]) is None


def error(cell: int, name: str = "NameError") -> CellError:
    return CellError(cell=cell, name=name, message="")


def told(cell: int, effect: str) -> Refusal:
    return Refusal.model_validate(
        {"kind": "question", "about": "", "cell": cell, "effect": effect, "told_by": "kernel"}
    )


def test_lost_is_what_failed_in_its_cell_and_after_it() -> None:
    (raised,) = refused([], [error(1), error(3, "MemoryError"), error(5)])
    assert raised.lost == (3, 5)
    changed, skipped, instead = refused(
        [told(2, "changed"), told(2, "skipped"), told(2, "instead")], [error(1), error(4)]
    )
    assert (changed.lost, skipped.lost, instead.lost) == ((4,), (2, 4), ())


def test_an_error_that_the_kernel_explains_is_told_once() -> None:
    found = refused([told(2, "raised")], [error(2, "EOFError"), error(3, "EOFError")])
    assert [(r.told_by, r.cell) for r in found] == [("kernel", 2), ("grader", 3)]


def test_the_interrupt_of_a_cell_is_no_error_of_its_own() -> None:
    (time,) = refused([], [error(1, "KeyboardInterrupt"), error(4)], interrupted=[1])
    assert (time.kind, time.cell, time.lost) == ("time", 1, (1, 4))


def test_what_ended_the_run() -> None:
    cells = [Cell(index=n, kind="code", source=s) for n, s in enumerate(["1", "2", "", "4"])]
    assert [(r.kind, r.lost) for r in ended(1, "killed", "disk", cells)] == [("storage", (1, 3))]
    assert [r.kind for r in ended(1, "memory_limit", "", cells)] == ["memory"]


@pytest.mark.parametrize("call", ["importlib.import_module('no_such.parts')", "__import__('no_such')"])
def test_an_absent_package_that_a_call_imports_is_named(call: str) -> None:
    cells = (Cell(index=0, kind="code", source=f"import importlib\nx = {call}"),)
    missing = missing_packages(cells, ())
    error = CellError(cell=0, name="ModuleNotFoundError", message="No module named 'no_such'")
    told = read_error(error, missing)
    assert missing == ("no_such",) and told is not None and told.cause == "package:no_such"
    assert missing_packages((Cell(index=0, kind="code", source="x.import_module('.own', y)"),), ()) == ()
