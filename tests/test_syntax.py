"""Cells are parsed in two threads at once, which Python 3.11 does not stand by itself."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader.syntax import parse

SOURCE = "f(a[0], (1, 2), {'x': -y ** 2}, [g(z) for z in range(3)])\n" * 60


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads take turns wherever the garbage collector has Python code to run, also within the parser."""
    before, often = sys.getswitchinterval(), gc.get_threshold()

    def look(phase: str, info: dict[str, int]) -> None:
        sum(range(50))

    sys.setswitchinterval(1e-6)
    gc.set_threshold(20)
    gc.callbacks.append(look)
    yield
    gc.callbacks.remove(look)
    gc.set_threshold(*often)
    sys.setswitchinterval(before)


def test_two_threads_may_parse_at_once(eager_threads: None) -> None:
    with ThreadPoolExecutor(4) as threads:
        trees = list(threads.map(parse, [SOURCE] * 8))
    assert {len(tree.body) for tree in trees} == {60}
