"""jupyter_kernel_test's conformance suite holds for caged kernels, started as any Jupyter client would.

And nbclient gets of an ordinary notebook what it gets with ipykernel's own kernel.

Skipped: test_history, since kernels keep no history: nothing of one student's may be there for the next.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from unittest import SkipTest, mock

import jupyter_kernel_test
import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.kernel


SPEC = {
    "argv": ["caged"],
    "display_name": "Python (caged)",
    "language": "python",
    "metadata": {"kernel_provisioner": {"provisioner_name": "caged-provisioner"}},
}


@contextmanager
def installed_spec() -> Iterator[None]:
    """A kernelspec where Jupyter looks for one."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder, "kernels", "caged")
        spec.mkdir(parents=True)
        (spec / "kernel.json").write_text(json.dumps(SPEC))
        with mock.patch.dict(os.environ, {"JUPYTER_PATH": folder}):
            yield


class TestConformance(jupyter_kernel_test.KernelTests):
    kernel_name = "caged"
    language_name = "python"
    file_extension = ".py"

    code_hello_world = "print('hello, world')"
    code_stderr = "import sys\nprint('oops', file=sys.stderr)"
    completion_samples: ClassVar = [{"text": "zi", "matches": {"zip"}}]
    complete_code_samples: ClassVar = ["1", "def f(x):\n  return 2*x\n\n"]
    incomplete_code_samples: ClassVar = ["def f(x):"]
    invalid_code_samples: ClassVar = ["1 +* 2"]
    code_page_something = "zip?"
    code_generate_error = "raise ValueError('no')"
    code_execute_result: ClassVar = [{"code": "6 * 7", "result": "42"}]
    code_display_data: ClassVar = [
        {"code": "from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'))", "mime": "text/html"}
    ]
    code_inspect_sample = "zip"
    code_clear_output = "from IPython.display import clear_output\nclear_output()"

    @classmethod
    def setUpClass(cls) -> None:
        with installed_spec():
            super().setUpClass()

    def test_history(self) -> None:
        raise SkipTest("kernels keep no history")


class TestWelcome(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "caged"
    support_iopub_welcome = True

    @classmethod
    def setUpClass(cls) -> None:
        with installed_spec():
            super().setUpClass()


ORDINARY = (
    "print('a', 1)\nprint('b', end='')",
    "import sys; print('warned', file=sys.stderr)",
    "import torch\nx = torch.arange(6.).reshape(2, 3)\nx",
    "import pandas as pd\npd.DataFrame({'a': [1.5, 2]})",
    "from IPython.display import Markdown, clear_output, display",
    "display(Markdown('**bold**'), display_id='m')",
    "print('gone'); clear_output(); print('kept')",
    "import asyncio\nawait asyncio.sleep(0)\n_",
    "%matplotlib inline\nimport matplotlib.pyplot as plt\n_ = plt.plot([1, 2])",
    "def f():\n    raise ValueError('told')\nf()",
    "x.shape?",
    "print(In[1], Out[3] is x)",
)


def test_nbclient_sees_what_it_sees_of_a_plain_kernel() -> None:
    def outputs(kernel: str) -> list[str]:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in ORDINARY])
        client = NotebookClient(notebook, kernel_name=kernel, allow_errors=True, timeout=60)
        client.execute(stderr=subprocess.DEVNULL)
        shown = [json.dumps(cell.outputs, sort_keys=True) for cell in notebook.cells]
        return [re.sub(r"ipykernel_\d+|0x[0-9a-f]+|[/\w]*(?=/\d+\.py)", "", text) for text in shown]

    with installed_spec():
        caged = outputs("caged")
    plain = outputs("python3")
    assert [text for text in caged if "image/png" in text]
    assert caged == plain
