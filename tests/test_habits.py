"""Habits of honest notebooks that a cage does not allow, done by other means: docs/kernel.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from execute_kit import Run, attached, shared_runner, text_of

from grader.execute import Limits

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module", params=["base", "full"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    with shared_runner("base", request.param) as runner:
        yield runner


def ran(run: Run, *sources: str, **more: object) -> str:
    """What the last cell printed, after all ran without an error."""
    done = run(*sources, **more)
    assert done.errors == (), done.outputs
    assert all(not r.lost for r in done.refusals)
    return text_of(done, len(sources) - 1)


GPU = {
    "torch.ones(2, device='cuda').cuda()": "tensor([1., 1.])",
    "torch.ones(2).to('cuda:0').to(torch.device('mps')).to(0)": "tensor([1., 1.])",
    "torch.zeros(2, device=torch.device('cuda'))": "tensor([0., 0.])",
    "torch.nn.Linear(2, 1, device='cuda').to('cuda').cuda()(torch.ones(2).cuda()).shape": "torch.Size([1])",
    "torch.tensor([1.], device='cuda', requires_grad=True).sum().backward()": "None",
    "torch.cuda.is_available(), torch.cuda.device_count(), torch.cuda.synchronize()": "False 0 None",
    "torch.cuda.get_device_name(0), torch.cuda.memory_allocated()": "none 0",
    "torch.cuda.FloatTensor([1.])": "tensor([1.])",
    "torch.rand(1, generator=torch.Generator(device='cuda').manual_seed(1)).shape": "torch.Size([1])",
    "isinstance(torch.Generator(), torch.Generator), isinstance(3, torch.Generator)": "True False",
    "torch.save(torch.ones(1), 'w.pt') or torch.load('w.pt', map_location='cuda')": "tensor([1.])",
    "torch.set_default_device('cuda') or torch.zeros(1)": "tensor([0.])",
}


def test_what_is_meant_for_a_gpu_lands_on_the_processor(run: Run) -> None:
    done = run("import torch", *(f"print({code})" for code in GPU))
    assert done.errors == ()
    for cell, (code, said) in enumerate(GPU.items(), 1):
        assert text_of(done, cell) == said + "\n", code
    told = {(r.kind, r.about, r.effect) for r in done.refusals if r.kind != "answer"}
    assert told == {("device", "GPU", "instead")}


def test_a_gpu_named_in_a_file_beside_the_notebook(run: Run, tmp_path: Path) -> None:
    helper = attached(
        tmp_path, "helper.py", "import torch\ndef ones():\n    return torch.ones(2, device='cuda')\n"
    )
    assert ran(run, "import helper", "print(helper.ones())", files=(helper,)) == "tensor([1., 1.])\n"


def test_a_notebook_that_will_not_go_on_without_a_gpu(run: Run) -> None:
    done = run("import torch\nassert torch.cuda.is_available()\nx = 1", "print(x)")
    assert [(r.kind, r.lost) for r in done.refusals if r.effect == "raised"] == [("device", (0, 1))]


def test_harmless_commands_on_the_students_own_files(run: Run, tmp_path: Path) -> None:
    data = attached(tmp_path, "data.csv", "a,b\n1,2\n3,4\n")
    cells = {
        "!cat data.csv | head -2 | wc -l": "2\n",
        "name = 'data.csv'\n!tail -n 1 {name}": "3,4\n",
        "x = !ls\nprint(x)": "['data.csv']\n",
        "!mkdir -p out && cp data.csv out && ls out; echo end > f; cat f; rm f": "data.csv\nend\n",
        "!false || echo or; true && echo and; grep 3 data.csv": "or\nand\n3,4\n",
        "%%bash\necho one\nls data.csv 2>/dev/null": "one\ndata.csv\n",
        "import os; print(os.system('clear'), os.system('nvidia-smi') >> 8)": "0 127\n",
        "print(repr(os.popen('git log -1').read()), os.popen('cat data.csv').readline())": "'' a,b\n\n",
        "import subprocess as s\nprint(s.run(['nvidia-smi'], capture_output=True).returncode)": "127\n",
        "print(s.check_output('echo a && pwd', shell=True, text=True)[0], s.getoutput('echo 3'))": "a 3\n",
        "p = s.Popen(['cat'], stdin=s.PIPE, stdout=s.PIPE); print(p.communicate(b'abc')[0])": "b'abc'\n",
        "import sys; s.check_call([sys.executable, '-m', 'pip', 'install', 'tqdm', 'no_such'])": (
            "Requirement already satisfied: tqdm\n"
            "no_such can't be installed in the grading environment; this was skipped.\n"
        ),
    }
    done = run(*cells, files=(data,))
    assert done.errors == ()
    for cell, (code, said) in enumerate(cells.items()):
        assert text_of(done, cell) == said, code
    assert {r.effect for r in done.refusals} == {"instead"}


def test_python_files_run_in_the_kernel(run: Run, tmp_path: Path) -> None:
    script = attached(tmp_path, "job.py", "import sys\nprint('job', sys.argv[1:], __name__)\nX = 3\n")
    done = run(
        "!python job.py 1 2",
        "%run job.py 3\nprint(X)",
        "%%writefile made.py\nimport numpy as np\nnp.random.seed(5)\nprint('made')",
        "import numpy as np, subprocess, sys\nnp.random.seed(1)\na = np.random.rand()\nnp.random.seed(1)\n"
        "subprocess.run([sys.executable, 'made.py'])\nprint(a == np.random.rand())",
        '!python -c "print(1 + 1)"; python no_such.py',
        files=(script,),
    )
    assert [text_of(done, n) for n in (0, 1, 3, 4)] == [
        "job ['1', '2'] __main__\n",
        "job ['3'] __main__\n3\n",
        "made\nTrue\n",
        "2\n",
    ]
    assert [(r.kind, r.about, r.effect) for r in done.refusals] == [("file", "no_such.py", "skipped")]


def test_a_program_that_could_have_made_something_is_not_forgotten(run: Run) -> None:
    done = run("!wget https://example.org/data.csv", "!./train", "subprocess.run(['git'], check=True)",
               "import subprocess; subprocess.run(['julia'], check=True)")  # fmt: skip
    assert [(r.kind, r.about, r.effect, r.told_by) for r in done.refusals] == [
        ("command", "wget", "changed", "kernel"),
        ("command", "train", "skipped", "kernel"),
        ("command", "julia", "skipped", "kernel"),
        ("command", "julia", "raised", "grader"),
    ]


def test_pools_and_processes_work_in_threads(run: Run) -> None:
    said = ran(
        run,
        "import multiprocessing as mp\nfrom multiprocessing import Pool, Process, Queue, Value\n"
        "from concurrent.futures import ProcessPoolExecutor\ndef f(x): return x * x",
        "with Pool(2) as pool: print(pool.map(f, range(3)), pool.starmap(max, [(1, 2)]))\n"
        "q = Queue(); p = Process(target=q.put, args=(5,)); p.start(); p.join(); print(q.get(), p.exitcode)\n"
        "v = Value('i', 3)\nwith v.get_lock(): v.value += 1\nprint(v.value)\n"
        "with ProcessPoolExecutor(2) as ex: print([*ex.map(f, [1, 2])], ex.submit(f, 4).result())\n"
        "print(mp.get_context('spawn').Pool(1).map(f, [3]), mp.Manager().dict(a=1))",
    )
    assert said == "[0, 1, 4] [2]\n5 0\n4\n[1, 4] 16\n[9] {'a': 1}\n"


def test_known_locales_empty_answers_and_windows(run: Run) -> None:
    done = run(
        "import locale; print(locale.setlocale(locale.LC_ALL, 'de_DE.UTF-8'))",
        "try: locale.setlocale(locale.LC_ALL, 'no_such_locale')\nexcept locale.Error: print('no')",
        "print(repr(input('seed? ')))",
        "import os; os.environ['MPLBACKEND'] = 'TkAgg'\nimport matplotlib; matplotlib.use('Qt5Agg')\n"
        "import matplotlib.pyplot as plt; plt.switch_backend('GTK3Agg'); plt.plot([1, 2]); plt.show()",
        "while True: input()",
        limits=Limits(cell_s=5),
    )
    assert [text_of(done, n) for n in range(3)] == ["de_DE.UTF-8\n", "no\n", "seed? \n''\n"]
    assert any(out.image for out in done.outputs if out.cell == 3)
    assert [(e.cell, e.name) for e in done.errors] == [(4, "EOFError")]
    assert [(r.kind, r.effect, r.lost) for r in done.refusals if r.kind != "answer"] == [
        ("locale", "instead", ()),
        ("question", "changed", (4,)),
        ("display", "instead", ()),
        ("question", "changed", (4,)),
        ("question", "raised", (4,)),
    ]


SPELLINGS = (
    "/content/drive/MyDrive/data.csv", r"C:\Users\me\data.csv", "../data/data.csv", "./Data.CSV",
    "~/Downloads/data (1).csv", "/kaggle/input/hw/data.csv", "https://example.org/raw/data.csv?raw=1",
)  # fmt: skip


def test_paths_of_another_machine_find_the_file_of_that_name(run: Run, tmp_path: Path) -> None:
    data = attached(tmp_path, "data.csv", "a,b\n1,2\n3,4\n")
    said = ran(
        run,
        "import os, numpy as np, pandas as pd\nfrom pathlib import Path",
        f"for p in {SPELLINGS}: print(pd.read_csv(p).shape, end=' ')\n"
        "print(np.loadtxt('/kaggle/x/data.csv', delimiter=',', skiprows=1).tolist())\n"
        "os.chdir('/content/hw4'); os.makedirs('/content/out', exist_ok=True)\n"
        "with open('/content/out/a.txt', 'w') as f: f.write('kept')\n"
        "print(open('/content/out/a.txt').read(), os.path.exists('/content/data.csv'))\n"
        "print(os.listdir('/content'))\n"
        "print(Path('/content/data.csv').read_text()[:3], os.path.exists('/content/no.csv'))",
        files=(data,),
    )
    assert said == "(2, 2) " * 7 + "[[1.0, 2.0], [3.0, 4.0]]\nkept True\n['data.csv', 'out']\na,b False\n"


def test_two_files_of_the_name_are_none(run: Run, tmp_path: Path) -> None:
    two = tuple(attached(tmp_path, f"{folder}/w.csv", "1\n") for folder in ("a", "b"))
    done = run("print(open('/content/w.csv').read())", files=two)
    assert [(r.kind, r.about, r.effect) for r in done.refusals] == [("file", "w.csv", "raised")]


def test_removed_names_work_for_the_student_and_are_not_there_for_libraries(run: Run) -> None:
    said = ran(
        run,
        "import numpy as np, pandas as pd\nfrom collections import Iterable",
        "print(np.float(3), np.product([2, 3]), np.in1d([1], [1]), np.zeros(1, dtype=np.int), np.Inf)\n"
        "print(pd.DataFrame({'a': [1]}).append({'a': 2}, ignore_index=True)['a'].tolist())\n"
        "print(hasattr(np, 'zeroes'), eval(\"hasattr(np, 'float')\", {'np': np, '__name__': 'library'}))",
    )
    assert said == "3.0 6 [ True] [0] inf\n[1, 2]\nFalse False\n"


def test_packages_that_only_draw_log_or_ask(run: Run) -> None:
    done = run(
        "try:\n    import google.colab\nexcept ImportError:\n    print('not Colab')",
        "import plotly.express as px\nfig = px.line(); fig.update_layout(title='x')\nfig.show(); print(1)",
        "import ipywidgets as widgets\nfrom ipywidgets import interact\n"
        "@interact(k=(0, 10), s=['a', 'b'])\ndef show(k, s): print(k, s)\n"
        "interact(show, k=widgets.IntSlider(value=7), s='c'); print(widgets.IntSlider(value=3).value)",
        "from google.colab import drive, files\ndrive.mount('/content/drive'); print(files.upload())",
        "import nest_asyncio; nest_asyncio.apply()\nfrom torch.utils.tensorboard import SummaryWriter\n"
        "SummaryWriter().add_scalar('a', 1, 2)\nprint(2)",
    )
    assert done.errors == () and done.missing_packages == ()
    printed = [text_of(done, n) for n in range(5)]
    assert printed == ["not Colab\n", "1\n", "5 a\n7 c\n3\n", "{}\n", "2\n"]


def test_a_widget_shows_what_a_person_reads_on_it(run: Run) -> None:
    done = run(
        "import ipywidgets as w\n"
        "w.VBox([w.Label(value='h1 = 0.5'), w.Textarea(value='0.7', description='h2')])",
        "w.IntSlider(value=3)",
    )
    assert [o.text for o in done.outputs] == ["h1 = 0.5\nh2\n0.7", "<a widget, not shown here>"]


def test_a_star_import_of_an_absent_package_is_told(run: Run) -> None:
    done = run("from fastai.basics import *\nprint('on')", "seed_all(1)")
    assert text_of(done, 0) == "on\n"
    assert [(r.kind, r.about, r.effect, r.lost) for r in done.refusals] == [
        ("package", "fastai", "changed", (1,))
    ]
