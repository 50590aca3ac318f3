"""What the server imports before it forks, so that no kernel has to.

Importing must not start a thread (a fork would lose it) nor read anything of a student's. What
only some notebooks use is imported once the grader has seen a notebook that uses it.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys

from . import pages

BEFORE_IMPORT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "KMP_INIT_AT_FORK": "FALSE",
    "JOBLIB_MULTIPROCESSING": "0",
    "TORCHDYNAMO_DISABLE": "1",  # torch.compile needs a C compiler; so its models run as they are written
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
}


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ALWAYS = _names("""
numpy numpy.random numpy.fft numpy.testing torch torch.utils.data torch.optim
IPython zmq tornado.ioloop asyncio ipykernel.kernelapp ipykernel.ipkernel ipykernel.subshell_manager
IPython.core.completerlib IPython.core.debugger IPython.core.logger IPython.core.oinspect
IPython.extensions.storemagic IPython.utils.wildcard IPython.core.pylabtools
tornado.platform.asyncio tornado.queues tornado.locks tornado.gen
stack_data pdb pydoc unicodedata uuid cProfile timeit doctest pickle decimal fractions statistics random
multiprocessing.synchronize multiprocessing.heap faulthandler concurrent.futures.thread encodings.idna
""")

ON_DEMAND = {
    "matplotlib": (
        "matplotlib.pyplot",
        "matplotlib_inline.backend_inline",
        "matplotlib.backends.backend_agg",
    ),
    "pandas": ("pandas",),
    "scipy": ("scipy", "scipy.special", "scipy.stats", "scipy.optimize"),
    "sklearn": ("sklearn", "sklearn.datasets", "sklearn.model_selection", "sklearn.metrics"),
    "seaborn": ("seaborn",),
    "tqdm": ("tqdm", "tqdm.auto", "tqdm.notebook"),
    "optim": ("torch._dynamo",),  # imported by the first optimiser that is made
}
"""Word in a notebook's code → what the server imports for it, once."""


def load_always() -> None:
    """Import what every kernel needs. torch may be absent from an environment; ipykernel may not."""
    for name in _ALWAYS:
        _load(name)
    # without debugpy: no kernel here has a debugger, and it costs each 85 ms
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    _load("ipykernel.debugger")
    del sys.modules["debugpy"]
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    settle()


def load_on_demand(word: str) -> None:
    """Import what belongs to one word of `ON_DEMAND`; unknown words are ignored."""
    for module in ON_DEMAND.get(word, ()):
        _load(module)
    settle()


def settle() -> None:
    """Undo what imports conclude from the lack of a notebook, and freeze what exists.

    pandas takes what imports it outside of IPython for a terminal and then leaves out the columns that
    do not fit into 80 characters, where a notebook shows 20.
    """
    if "pandas" in sys.modules:
        sys.modules["pandas"].set_option("display.max_columns", 20)
    _freeze()


def _freeze() -> None:
    """Assert that there is one thread, and make what exists cheap to share."""
    count = len(os.listdir("/proc/self/task"))
    if count != 1:
        raise RuntimeError(f"the warm server has {count} threads after its imports; it must have one to fork")
    sys.path_importer_cache.clear()  # here once: a kernel that drops it unshares a thousand pages
    gc.collect()
    gc.freeze()
    gc.disable()
    pages.collapse()


def _load(name: str) -> None:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
