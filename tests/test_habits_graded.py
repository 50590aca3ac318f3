"""Habits of students' machines in right notebooks of hw4: what can run passes, what can't waits for a person.

Each habit stands in the cell that prints answers, where an error costs most. Harmless ones share notebooks.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from execute_kit import Run, attached, cells, job, text_of
from kernels_kit import Kernels
from prelude_server import HANDOUT_SNIPPET as SNIPPET

from grader.assignment.loading import load
from grader.execute.job import whole_prelude
from grader.judging.grade import grade
from grader.models import AttachedFile, Flag, Report, Submission
from grader.report.view import student_view

pytestmark = pytest.mark.kernel

NUMBERS = ("h1", "h2", "output", "dW1", "db1", "dW2", "db2", "dW3", "db3")
NETWORK = """
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(p, dtype=torch.float32, requires_grad=True) for p in parameters]
X, Y = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
h1 = torch.sigmoid(W1 @ X + b1[:, None])
h2 = torch.sigmoid(W2 @ h1 + b2[:, None])
out = W3 @ h2 + b3[:, None]
print("h1:", h1, "h2:", h2, "output:", out, sep="\\n")
"""
BACKWARD = """
torch.set_printoptions(precision=8)
(((out - Y) ** 2).sum() / 2 / X.shape[1]).backward()
def show():
    for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
        print("dL/d" + name, p.grad)
"""
RUN = {
    "magics": (
        "%load_ext lab_black\n%load_ext watermark\n%watermark -v\n%load_ext tensorboard",
        "%lprun -f print print()\n%cd ..\n%shell ls\nshow()\n%tensorboard --logdir runs",
    ),
    "folders": (
        "import os, torch\nos.chdir('..'); os.makedirs('out', exist_ok=True)\n"
        "torch.save(torch.ones(2), '/content/w.pt'); torch.save(torch.nn.Linear(1, 1), '../models/m.pt')\n"
        "os.rename('/content/w.pt', '/content/v.pt'); os.remove('/content/v.pt')",
        "from pathlib import Path\np = Path('/content/a.txt')\n"
        "p.write_text('a'); assert p.exists(); p.unlink()\n"
        "import pandas, shutil, sqlite3\npandas.DataFrame(x).to_csv('/content/drive/MyDrive/x.csv')\n"
        "sqlite3.connect('/content/a.db').execute('create table t(x)')\n"
        "os.makedirs('/content/b'); shutil.rmtree('/content/b')\ntorch.load('../models/m.pt')\nshow()",
    ),
    "gpu": (
        "import torch\nwith torch.cuda.device(0): pass\ntorch.ones(1).type('torch.cuda.FloatTensor')",
        "show()",
    ),
    "versions": (
        "import matplotlib.pyplot as plt\nplt.style.use('seaborn-whitegrid')\nnp.cast['float32'](1.0)",
        "import IPython; IPython.Application.instance().kernel.do_shutdown(True)\nshow()",
    ),
    "films": (
        "import matplotlib.animation as a, matplotlib.pyplot as plt\n"
        "film = a.FuncAnimation(plt.figure(), lambda i: [], frames=2)",
        "film.save('x.mp4', writer='ffmpeg'); film.to_html5_video()\nshow()",
    ),
    "older_ipython": (
        "get_ipython().magic('matplotlib inline')\nfrom IPython.core.display import display, HTML\n"
        "display(HTML('<style>.container { width: 100% }</style>'))",
        "from IPython.display import set_matplotlib_formats\nset_matplotlib_formats('svg')\nshow()",
    ),
    "older_calls": (
        "import matplotlib\nmatplotlib.use('Qt5Agg', warn=False)\nimport matplotlib.pyplot as plt\n"
        "plt.figure().gca(projection='3d'); plt.gca(projection='3d'); plt.gca()\n"
        "plt.hist([1, 2], normed=True); plt.hold(True)\n"
        "from matplotlib.cm import get_cmap; get_cmap('jet')",
        "import doctest; doctest.testmod(verbose=False)\nshow()",
    ),
    "streams": (
        "import matplotlib.pyplot as plt\nplt.plot([1])\n"
        "plt.get_current_fig_manager().window.state('zoomed')\n"
        "import sys, io; sys.stdout.reconfigure(encoding='utf-8')",
        "sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='utf-8')\nshow()",
    ),
    "its_own_process": (
        "import os, resource\nresource.setrlimit(resource.RLIMIT_AS, (2**50, 2**50))\n"
        "os.sched_setaffinity(0, {0}); assert os.nice(5) >= 5\n"
        "import pwd; assert os.getlogin() and pwd.getpwuid(os.getuid()).pw_name",
        "torch.ones(2).share_memory_(); torch.nn.Linear(2, 2).share_memory()\nshow()",
    ),
    "tools": (
        "import wandb, otter\nwandb.init(config={'lr': 0.1}); assert wandb.config.lr * 2 == 0.2\n"
        "otter.Notebook().check('q1')\nfrom torchsummary import summary\nsummary(None, (3,))",
        "import sys\nold, sys.stdout = sys.stdout, open('log', 'w')\nsys.stdout = sys.__stdout__\nshow()",
    ),
    "pager": (
        "import contextlib",
        "with open('out.txt', 'w') as f, contextlib.redirect_stdout(f):\n    show()\n%more out.txt",
    ),
    "branches": (
        "import os, glob\ndef gen():\n    try:\n        yield 1\n        if os.path.exists('x'): return\n"
        "        yield 2\n    except OSError:\n        yield 3\nassert list(gen()) == [1, 2]\n"
        "def count(n=0):\n    for i in range(3):\n        if os.path.exists('x'): continue\n"
        "        if i == 1: return n\n        n += not os.getenv('x') and len([*glob.glob('x'), 1])\n"
        "assert count() == 1\nassert sum(1 for name in os.listdir('.') if name == 'x') == 0",
        "class Odd(Exception):\n    def __str__(self): raise RuntimeError('no text')\n"
        "try:\n    raise Odd\nexcept Odd:\n    pass\n"
        "for name in glob.glob('x'):\n    break\nelse:\n    show()",
    ),
    "asked_by_keyword": (
        "import glob, os, pathlib\nos.listdir(path='.'), os.getenv(key='x', default='y')\n"
        "assert [*os.walk(top='.')] and os.path.exists(path='.') and not glob.glob(pathname='*.csv')\n"
        "total = " + " + ".join(["0"] * 700) + "\ntry:\n    import no_such\nexcept ImportError: pass",
        "import sys; print(f'{sys.version} {torch.__version__}', sys.platform)\nshow()",
    ),
    "stars": ("from math import *\nfrom numpy import *", "show()"),
    "thread": ("import threading", "threading.Timer(0.2, show).start()"),
    "pool": (
        "from concurrent.futures import ThreadPoolExecutor",
        "import time\nex = ThreadPoolExecutor(1); ex.submit(time.sleep, 0.1); ex.submit(show)",
    ),
    "task": (
        "import asyncio\np = await asyncio.create_subprocess_shell('echo hi', stdout=-1)\n"
        "assert await p.communicate() == (b'hi\\n', None) and await p.wait() == 0",
        "async def late():\n    await asyncio.sleep(0.2)\n    show()\ntask = asyncio.create_task(late())",
    ),
}
WAITS = {
    "absent_file": ("%run ../utils/plots.py", "file:plots.py"),
    "no_screen": ("import tkinter\ntkinter.Tk()", "display"),
    "removed_module": ("import torch._six", "version:torch"),
    "removed_name": ("import torch\ntorch.rfft", "version:torch"),
    "removed_method": ("np.ones(2).ptp()", "version:numpy"),
    "newer_python": ("try: pass\nexcept ValueError, TypeError: pass", "version:Python 3.14"),
    "older_python": ("print 'start'", "version:Python 2.7"),
    "newer_library": ("import torch\ntorch.unheard_of(3)", "error:torch.unheard_of"),
    "newer_keyword": ("import torch\ntorch.nn.Linear(4, 3, sparse=True)", "error:Linear(sparse=)"),
    "renamed_keyword": (
        "import pandas as pd\npd.DataFrame(x).to_csv('x.csv', line_terminator='\\n')",
        "error:NDFrame.to_csv(line_terminator=)",
    ),
    "empty_folder": ("import glob\nglob.glob('data/*.csv')[0]", "error:IndexError: list index out of range"),
    "another_system": ("import os\nos.startfile('a.pdf')", "error:os.startfile"),
    "no_value": ("import wandb\nfloat(wandb.Api().run('a').summary['loss'])", "package:wandb"),
}
if sys.version_info >= (3, 14):
    del WAITS["newer_python"]
BRANCHES = {
    "file": (
        "import os, sys, glob, urllib.request\n"
        "def online():\n"
        "    try:\n        urllib.request.urlopen('http://example.org'); return True\n"
        "    except Exception:\n        return False",
        "if os.path.exists('data.csv'):\n    d = np.loadtxt('data.csv')\n    print('dW1', W1.grad)\n"
        "for root, _, names in os.walk('data'):\n    for name in names:\n        print('db1', b1.grad)\n"
        "for name in glob.glob('*.csv'):\n    print('dW2', W2.grad)\n"
        "if online(): print('db2', b2.grad)\n"
        "def report():\n    if not os.getenv('COLAB_GPU'):\n        return\n    print('dW3', W3.grad)\n"
        "report()\nprint('db3', b3.grad) if 'google.colab' in sys.modules else None",
    ),
    "try": (
        "try:\n    import torchvideo\n    there = True\nexcept ImportError:\n    there = False\n"
        "try:\n    data = np.loadtxt('data.csv')\nexcept OSError:\n    data = None",
        "if there:\n    print('dW1', W1.grad, 'db1', b1.grad, sep='\\n')\n"
        "if data is not None:\n    print('dW2', W2.grad, 'db2', b2.grad, sep='\\n')\n"
        "try:\n    import cv3\n    print('dW3', W3.grad, 'db3', b3.grad, sep='\\n')\n"
        "except ImportError:\n    print('no cv3')",
    ),
    "gpu": (
        "import torch\ndevice = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
        "if device.type == 'cuda':\n    W1.cuda()\n    show()\nelse:\n    print('no GPU')",
    ),
    "forms": (
        "import os, glob\nx0 = 1 if os.path.exists('x') else 2",
        "_ = [print('dW1', W1.grad) for name in glob.glob('*.csv')]\n"
        "os.path.exists('x') and print('db1', b1.grad)\n"
        "while os.path.exists('x'):\n    print('dW2', W2.grad)\n    break\n"
        "try:\n    assert os.path.exists('x')\n    print('db2', b2.grad)\nexcept AssertionError:\n    pass\n"
        "try:\n    if not os.path.exists('x'): raise RuntimeError('no file')\n    print('dW3', W3.grad)\n"
        "except RuntimeError:\n    pass\n"
        "if input('show? ') == 'y': print('db3', b3.grad)",
    ),
    "after_the_data": (
        "import pandas as pd\ntry:\n    table = pd.read_csv('data.csv')\nexcept Exception:\n    table = None",
        "if table is not None:\n    print(table.describe())\n    show()",
    ),
    "needs_the_file": (
        "import pathlib",
        "if pathlib.Path('k.txt').is_file():\n    k = np.loadtxt('k.txt')\n    print(W1.grad * k)",
    ),
    "dispatch": (
        "import platform, sys\nfrom os import name as kind",
        "{'Linux': print, 'Windows': show}[platform.system()]()",
    ),
    "dispatch_with_default": ("import platform", "{'Darwin': show}.get(platform.system(), print)()"),
    "match": ("import sys", "match sys.platform:\n    case 'win32': show()\n    case _: print('no')"),
    "logging": (
        "import logging, os, sys\n"
        "level = os.environ.get('LEVEL', 'WARNING')\n"
        "logging.basicConfig(level=level, stream=sys.stdout, format='%(message)s')",
        "for name, p in zip('W1 b1 W2 b2 W3 b3'.split(), [W1, b1, W2, b2, W3, b3]):\n"
        "    logging.info('dL/d%s %s', name, p.grad)",
    ),
    "suppressed": (
        "import contextlib",
        "with contextlib.suppress(FileNotFoundError):\n    open('there.txt')\n    show()",
    ),
    "program": ("import subprocess", "if subprocess.run(['nvidia-smi']).returncode == 0: show()"),
    "button": (
        "import ipywidgets",
        "b = ipywidgets.Button(description='Show'); b.on_click(lambda _: show()); b",
    ),
    "chosen": (
        "import sys, torch\nk = 1 if 'google.colab' in sys.modules and torch.cuda.is_available() else 2",
        "for p in (W1, b1, W2, b2, W3, b3): p.grad *= k\nshow()",
    ),
    "version": ("import torch", "if torch.__version__ < '1.9': show()"),
    "silenced": (
        "import os, sys",
        "if not os.path.exists('/content'): sys.stdout = open(os.devnull, 'w')\nshow()",
    ),
}
"""each gradient where the machine decides against it"""
OWN_BRANCHES = {
    "own": ("", "loss = float(out.sum())\nif loss != loss:\n    show()"),
    "other_values": (
        "import os\nif os.path.exists('x'): pass",
        "if os.path.exists('x'): print('dW1', W1.grad * 2, x, W1)",
    ),
    "own_error": ("import os\nif os.path.exists('x'): print(undefined)", ""),
    "computed": (
        "import os\nfactor = np.ones(int(os.path.exists('x')) + 1).sum()",
        "if factor < 0: show()",
    ),
    "state_of_the_first_run": (
        "import os\nif os.path.exists('x'): print(X)\n"
        "try:\n    print('db3', late.grad)\nexcept NameError:\n    pass",
        "late = b3",
    ),
    "data_that_are_not_here": (
        "import os, pandas as pd\npath = 'data.csv'\n"
        "if os.path.exists(path):\n    table = pd.read_csv(path)\n    print(table.head())\n"
        "try:\n    table = pd.read_csv(path)\n    print(table.head())\n"
        "except OSError:\n    table = None\nif table is not None: print(table.describe())",
        "",
    ),
    "own_names": (
        "import sys, torch\nprint(sys.version, torch.__version__, torch.cuda.is_available())",
        "names = {'Linux': print}\nif 'gradients' in names: show()",
    ),
    "wrong_on_every_machine": (
        "import torch\nk = 2 if torch.cuda.is_available() else 3",
        "print('dW1', W1.grad[:0] * k)",
    ),
    "own_try": ("", "try:\n    show(1)\nexcept TypeError:\n    pass"),
}
"""of which the machine decides none that shows the gradients"""
WRONG = {
    "magic": "%load_ext watermark",
    "method": "np.ones(2).backward()",
    "name": "np.ones(size)",
    "misspelled": "torch.sigmod(out)",
    "misspelled_keyword": "torch.nn.Linear(4, 3, biass=True)",
    "keyword_of_its_own": "def scale(a, by): return a * by\nscale(out, factor=2)",
    "keyword_of_its_own_class": "class Net:\n    def __init__(self, a): pass\nNet(hidden=4)",
    "quote": "print('h1)",
}
"""beside which the notebook has no gradients"""


@pytest.fixture(scope="module")
def run(kernels: Kernels) -> Run:
    return lambda *sources, **more: asyncio.run(kernels.run(job(*sources, **more)))


def notebook(forward: str, backward: str) -> tuple[str, ...]:
    """A right notebook of hw4 with more lines in two cells."""
    return SNIPPET, f"{forward}\n{NETWORK}", f"{BACKWARD}\n{backward}"


def upload(sources: tuple[str, ...]) -> Submission:
    return Submission(id="a", path="a.ipynb", sha256="", cells=cells(*sources))


def graded(run: Run, forward: str, backward: str, *files: AttachedFile) -> Report:
    """Run in every world."""
    sources, assignment = notebook(forward, backward), load("hw4")
    worlds = assignment.rubric.worlds
    runs = [run(*sources, files=files, prelude=assignment.prelude_for(w)) for w in worlds]
    return grade(upload(sources), runs, assignment)


def verdicts(report: Report) -> dict[str, str]:
    return {c.id: c.verdict for q in report.questions for c in q.checks if c.id in NUMBERS}


@pytest.mark.parametrize("name", RUN)
def test_what_can_run_passes(name: str, run: Run) -> None:
    report = graded(run, *RUN[name])
    assert verdicts(report) == dict.fromkeys(NUMBERS, "pass"), report.execution.errors


def test_a_script_finds_itself(run: Run) -> None:
    notebook, script = upload(("pass",)), Flag(id="script", message="")
    where = "import os; print(os.path.isdir(os.path.dirname(os.path.abspath(__file__))))"
    assert run(where, prelude=whole_prelude("", notebook)).errors
    of_script = whole_prelude("", notebook.model_copy(update={"flags": (script,)}))
    assert text_of(run(where, prelude=of_script), 0) == "True\n"


@pytest.mark.parametrize("name", WAITS)
def test_what_can_not_run_waits(name: str, run: Run) -> None:
    habit, cause = WAITS[name]
    report = graded(run, habit, "show()")
    assert verdicts(report) == dict.fromkeys(NUMBERS, "review"), report.execution.errors
    assert {c.cause for q in report.questions for c in q.checks if c.id in NUMBERS} == {cause}
    page = student_view(report, upload(notebook(habit, "show()")), load("hw4").rubric)
    told = " ".join(trouble.text for trouble in page.troubles)
    assert ("needs another version than is installed here" in told) == cause.startswith("version:")


@pytest.mark.parametrize(
    "absent",
    [
        "try:\n    X = X * float(np.load('scale.npy'))\nexcept OSError:\n    X = X * 0.5",
        "import os\nX = X * (1 if os.path.exists('/content/scale.npy') else 0.5)",
    ],
    ids=["caught", "looked for"],
)
def test_a_value_that_rests_on_a_file_that_is_not_here_waits(absent: str, run: Run) -> None:
    sources, assignment = notebook("", "show()"), load("hw4")
    sources = (sources[0], sources[1].replace("h1 = ", f"{absent}\nh1 = ", 1), sources[2])
    runs = [run(*sources, prelude=assignment.prelude_for(w)) for w in assignment.rubric.worlds]
    found = grade(upload(sources), runs, assignment)
    checks = {c.id: c for q in found.questions for c in q.checks}
    assert {(checks[id].verdict, checks[id].cause) for id in NUMBERS} == {("review", "file:scale.npy")}


@pytest.mark.parametrize("name", BRANCHES)
def test_what_the_machine_decides_against_waits(name: str, run: Run) -> None:
    report = graded(run, *BRANCHES[name])
    assert [*verdicts(report).values()] == ["pass"] * 3 + ["review"] * 6, report.execution.errors
    assert {c.cause.partition(":")[0] for q in report.questions for c in q.checks if c.cause} == {"answer"}


HELPERS = (
    "import os\nTHERE = os.path.exists('/content')\ndef tell(f):\n    if THERE: f()",
    "import sys\ndef tell(f):\n    return f() if sys.platform == 'win32' else None",
    "try:\n    import google.colab\nexcept ImportError:\n    tell = print\nelse:\n    def tell(f): f()",
)


@pytest.mark.parametrize("text", HELPERS)
def test_what_the_machine_decides_in_a_file_beside_the_notebook_waits(
    text: str, run: Run, tmp_path: Path
) -> None:
    helper = attached(tmp_path, "helper.py", text)
    report = graded(run, "from helper import tell", "tell(show)", helper)
    assert [*verdicts(report).values()] == ["pass"] * 3 + ["review"] * 6, report.execution.errors


@pytest.mark.parametrize("name", OWN_BRANCHES)
def test_what_the_machine_does_not_decide_is_missing(name: str, run: Run) -> None:
    assert [*verdicts(graded(run, *OWN_BRANCHES[name])).values()] == ["pass"] * 3 + ["missing"] * 6


@pytest.mark.parametrize("name", WRONG)
def test_a_habit_excuses_nothing(name: str, run: Run) -> None:
    found = verdicts(graded(run, "", WRONG[name]))
    assert {found[check] for check in NUMBERS[3:]} == {"missing"}
    assert {found[check] for check in NUMBERS[:3]} == {"pass"}
