"""The Python of an assignment folder: imported, called, and told in one line where it fails."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from grader.assignment.values import Array
from grader.errors import RubricError
from rubric.schema import Mistake, World

Quantities = Mapping[str, Array]


class _Variant(Protocol):
    def __call__(self, world: World, ids: tuple[str, ...]) -> Mapping[str, Any] | None: ...


class _Candidates(Protocol):
    def __call__(self, words: frozenset[str]) -> Sequence[Mistake]: ...


@dataclass(frozen=True)
class Known:
    """What mistakes.py knows; nothing, where there is none. Its faults are a `RubricError`."""

    file: Path
    mistakes: tuple[Mistake, ...] = ()
    _variant: _Variant | None = None
    _candidates: _Candidates | None = None

    def variant(self, world: World, ids: tuple[str, ...]) -> Quantities | None:
        """The quantities of somebody who made these mistakes; None where they can't be combined."""
        if self._variant is None:
            return None
        with _blamed(f"{self.file}: variant(world {world.name!r}, {ids}) failed"):
            found = self._variant(world, ids)
            return None if found is None else _arrays(found)

    def candidates(self, words: frozenset[str]) -> tuple[Mistake, ...]:
        """Further mistakes that the words and numbers in a notebook's code suggest, see rubric/schema.py."""
        if self._candidates is None:
            return ()
        with _blamed(f"{self.file}: candidates(words) failed"):
            found = self._candidates(words)
        return _mistakes(found, f"{self.file}: candidates()")


def solve(folder: Path, quantities: Callable[[World], Mapping[str, Any]], world: World) -> Quantities:
    """What ``quantities`` of canonical.py gives in a world. Raises `RubricError`."""
    with _blamed(f"{folder / 'canonical.py'}: quantities() failed in world {world.name!r}"):
        return _arrays(quantities(world))


def known_mistakes(folder: Path) -> Known:
    """mistakes.py, if there is one. Raises `RubricError` where it lacks what the grader takes from it."""
    file = folder / "mistakes.py"
    found = module(folder, "mistakes")
    if found is None:
        return Known(file)
    listed = _mistakes(getattr(found, "MISTAKES", None), f"{file}: MISTAKES")
    if not callable(getattr(found, "variant", None)):
        raise RubricError(f"{file}: expected a function variant(world, ids)")
    candidates = getattr(found, "candidates", None)
    if not (candidates is None or callable(candidates)):
        raise RubricError(f"{file}: candidates is no function, expected candidates(words)")
    return Known(file, listed, found.variant, candidates)


def module(folder: Path, name: str) -> ModuleType | None:
    """Import ``folder/name.py`` as part of a package of its own, so that `from . import` works there.

    None where there is no such file. Raises `RubricError`.
    """
    path = folder / f"{name}.py"
    if not path.is_file():
        return None
    package = f"_assignment_{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    if package not in sys.modules:
        parent = ModuleType(package)
        parent.__path__ = [str(folder)]
        sys.modules[package] = parent
    full = f"{package}.{name}"
    if full in sys.modules:
        return sys.modules[full]
    spec = importlib.util.spec_from_file_location(full, path)
    if spec is None or spec.loader is None:
        raise RubricError(f"{path}: cannot be imported")
    found = importlib.util.module_from_spec(spec)
    sys.modules[full] = found
    try:
        with _blamed(str(path)):
            spec.loader.exec_module(found)
    except BaseException:
        del sys.modules[full]
        raise
    return found


@contextmanager
def _blamed(where: str) -> Iterator[None]:
    """Whatever goes wrong in the teacher's Python, `sys.exit` too, becomes a `RubricError` of one line."""
    try:
        yield
    except (Exception, SystemExit) as error:
        raise RubricError(f"{where}: {type(error).__name__}: {' '.join(str(error).split())}") from error


def _arrays(quantities: object) -> Quantities:
    if not isinstance(quantities, Mapping):
        raise TypeError(f"gave a {type(quantities).__name__}, expected a dict of name to tensor")
    if odd := [name for name in quantities if not isinstance(name, str)]:
        raise TypeError(f"gave the name {odd[0]!r}, expected a text")
    return {name: _array(name, value) for name, value in quantities.items()}


def _array(name: str, value: Any) -> Array:
    expected = "expected a tensor, an array or a number"
    if value is None or isinstance(value, str | Mapping):
        raise TypeError(f"{name} is a {type(value).__name__}, {expected}")
    try:
        found = value if isinstance(value, np.ndarray) else np.asarray(value)
        if found.dtype.kind == "c":
            raise TypeError("it is complex")
        # Copied: an array that shares its numbers with a torch tensor keeps that alive, many times its size.
        return np.array(found, dtype=np.float64)
    except Exception as error:
        raise TypeError(f"{name}: {error}; {expected}") from error


def _mistakes(listed: object, where: str) -> tuple[Mistake, ...]:
    """`RubricError` where these are no known mistakes."""
    if not isinstance(listed, list | tuple):
        found = "missing" if listed is None else f"a {type(listed).__name__}"
        raise RubricError(f"{where} is {found}, expected a tuple of rubric.schema.Mistake")
    for number, mistake in enumerate(listed, start=1):
        if not isinstance(mistake, Mistake):
            raise RubricError(f"{where}: entry {number} is a {type(mistake).__name__}, expected a Mistake")
        for name in ("id", "message", "detail"):
            value = getattr(mistake, name)
            if not isinstance(value, str) or not value:
                raise RubricError(f"{where}: {name} of entry {number} is {value!r}, expected a text")
        for name in ("touches", "signs", "hints"):
            value = getattr(mistake, name)
            if not isinstance(value, set | frozenset):
                kind = "text" if isinstance(value, str) else type(value).__name__
                raise RubricError(f"{where}: {name} of {mistake.id!r} is a {kind}, expected a set of texts")
    ids = [m.id for m in listed]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise RubricError(f"{where}: {twice[0]!r} is listed twice, expected unique ids")
    return tuple(listed)
