"""Python's parser, one caller at a time.

Python 3.11 counts the depth of the tree it hands out once for all threads: two that parse at the same time
can end in `SystemError: AST constructor recursion depth mismatch` (python/cpython issue 106905). Cells are
parsed on the event loop and by threads beside it.
"""

from __future__ import annotations

import ast
import threading

_one_at_a_time = threading.Lock()


def parse(source: str) -> ast.Module:
    """As `ast.parse`, and raises what that raises."""
    with _one_at_a_time:
        return ast.parse(source)
