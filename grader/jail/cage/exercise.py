# mypy: disable-error-code="no-untyped-call"
"""What every kernel does first, done in the server some times: Python specialises code that has run.

Libraries keep what they find out the first time (patterns, tables of types, symbols), and so does Python with
its bytecode. Done before the fork, no kernel has to. Nothing here draws a random number, starts a thread or
leaves a name behind: a backward pass is the student's to make, since torch's engine does not survive a fork.
"""

from __future__ import annotations

import contextlib
import linecache
import sys
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.session import Session

_ROUNDS = 12
"""Python specialises a function after eight calls"""

_CELL = """
def layer(weights, inputs=None, *rest):  # a comment
    '''Words.'''
    return [row for row in weights if row > 0.5]

total = sum(n * 0.1 for n in range(3))
text = f"{total:.4f}" + 'words'
"""


def run(shell: InteractiveShell) -> None:
    """In the server, with the shell that every kernel will have. What fails here is left to the kernels."""
    files = set(linecache.cache)
    names = dict(shell.user_ns)
    for _ in range(_ROUNDS):
        shell.run_cell(_CELL, store_history=False, silent=True)
        with contextlib.suppress(Exception):
            shell.should_run_async(_CELL, transformed_cell=shell.transform_cell(_CELL))
            _talk()
            _compute()
    shell.user_ns.clear()
    shell.user_ns.update(names)
    shell.last_execution_result = None
    for name in set(linecache.cache) - files:
        del linecache.cache[name]
    shell.compile._filename_map.clear()


def _talk() -> None:
    session = Session(key=b"none", username="", session="none")
    said = session.msg("stream", {"name": "stdout", "text": "0.5\n"}, parent=session.msg("execute_request"))
    _, frames = session.feed_identities(session.serialize(said))
    session.deserialize(frames)


def _compute() -> None:
    numpy: Any = sys.modules.get("numpy")
    torch: Any = sys.modules.get("torch")
    if numpy is not None:
        array = numpy.ones((2, 3)) * 0.1
        str(array), repr(array), str(array[0, 0])
        (array @ array.T + array[:, :1]).sum(axis=0)
    if torch is not None:
        tensor = torch.tensor([[0.5, -0.25], [0.125, 1.0]], requires_grad=True)
        hidden = torch.sigmoid(torch.relu(tensor @ tensor.T + tensor[:, :1]))
        loss = ((hidden - tensor) ** 2).mean()
        repr(tensor), repr(hidden.detach()), repr(loss), f"{loss.item():.4f}"
