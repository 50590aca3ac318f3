"""An assignment folder, loaded: rubric, reference values in every world, known mistakes.

The folder's Python is the teacher's and is trusted; it runs in the grader, never in a kernel.
Only the prelude is handed to kernels, as text.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

import rubric as shipped
from grader.errors import RubricError
from grader.rubric_file import load_rubric
from rubric.schema import Mistake, Rubric, World

__all__ = ["Array", "Assignment", "Quantities", "load", "load_rubric", "locate"]

Array = npt.NDArray[np.float64]
Quantities = Mapping[str, Array]


class _Variant(Protocol):
    def __call__(self, world: World, ids: tuple[str, ...]) -> Mapping[str, Any] | None: ...


class _Candidates(Protocol):
    def __call__(self, words: frozenset[str]) -> Sequence[Mistake]: ...


_KEPT = 6_000  # combinations of mistakes whose quantities are kept; students' numbers suggest ever new ones


@dataclass(frozen=True)
class Assignment:
    """Everything the grader knows about one assignment. Build it with `load`."""

    folder: Path
    rubric: Rubric
    sha256: str
    references: tuple[Quantities, ...]
    prelude: str
    own_prelude: bool
    mistakes: tuple[Mistake, ...]
    _variant: _Variant | None
    _candidates: _Candidates | None = None
    _variants: dict[tuple[tuple[str, ...], int], Quantities | None] = field(default_factory=dict)

    def prelude_for(self, world: World) -> str:
        """The text that runs in the kernel before the first cell; holds public parameters only."""
        public: dict[str, object] = {
            "name": world.name,
            "seed": world.seed,
            "scale": world.scale,
            "precision": world.precision,
        }
        if not self.own_prelude:
            public["handout_seed"] = self.rubric.worlds[0].seed
        return f"WORLD = __import__('json').loads({json.dumps(public)!r})\n{self.prelude}"

    def variants(
        self, combinations: Iterable[tuple[str, ...]], worlds: int | None = None
    ) -> dict[tuple[str, ...], tuple[Quantities, ...]]:
        """Mistake ids → quantities in every world, or in the first `worlds`, where they can be made.

        Each is computed once and kept, within bounds.
        """
        if len(self._variants) > _KEPT:
            self._variants.clear()
        found: dict[tuple[str, ...], tuple[Quantities, ...]] = {}
        for ids in combinations:
            solved = [self._solve(ids, w) for w in range(len(self.rubric.worlds))[:worlds]]
            if None not in solved:
                found[ids] = tuple(q for q in solved if q is not None)
        return found

    def candidates(self, words: frozenset[str]) -> tuple[Mistake, ...]:
        """Further mistakes that the words and numbers in a notebook's code suggest, see rubric/schema.py."""
        return tuple(self._candidates(words)) if self._candidates is not None else ()

    def _solve(self, ids: tuple[str, ...], world: int) -> Quantities | None:
        if (ids, world) not in self._variants:
            found = self._variant(self.rubric.worlds[world], ids) if self._variant is not None else None
            self._variants[ids, world] = None if found is None else _arrays(found)
        return self._variants[ids, world]


def locate(name_or_path: str) -> Path:
    """The folder of an assignment: one shipped under ``rubric/`` by name, or any folder by path.

    A bare name means the shipped one first: its Python is trusted, and where we stand may lie a student's
    folder of that name.

    Raises:
        RubricError: there is no such folder, or it has no rubric.yaml.
    """
    home = Path(next(iter(shipped.__path__)))
    given = Path(name_or_path)
    folders = [given.parent if given.name == "rubric.yaml" else given, home / name_or_path]
    for folder in reversed(folders) if given.name == name_or_path else folders:
        if (folder / "rubric.yaml").is_file():
            return folder.resolve()
    names = ", ".join(sorted(p.parent.name for p in home.glob("*/rubric.yaml"))) or "none"
    raise RubricError(
        f"{name_or_path}: no rubric.yaml there, expected a folder with one or a shipped assignment ({names})"
    )


def load(name_or_path: str) -> Assignment:
    """Load an assignment and compute its reference values in every world.

    Raises:
        RubricError: the folder, its rubric or its Python has a mistake.
    """
    folder = locate(name_or_path)
    rubric = load_rubric(folder)
    digest = hashlib.sha256()
    for path in (folder / "rubric.yaml", *sorted(folder.glob("*.py"))):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    canonical = _module(folder, "canonical")
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)  # tensors here are small; threads only get in each other's way
    if canonical is None or not hasattr(canonical, "quantities"):
        raise RubricError(f"{folder / 'canonical.py'}: expected a function quantities(world)")
    references = tuple(_run(folder, canonical.quantities, world) for world in rubric.worlds)
    for check in rubric.tensor_checks():
        if check.quantity not in references[0]:
            raise RubricError(
                f"{folder / 'rubric.yaml'}: check {check.id}: quantity {check.quantity!r} is not computed by "
                f"canonical.py, expected one of {', '.join(references[0])}"
            )
        if not references[0][check.quantity].size:
            raise RubricError(
                f"{folder / 'canonical.py'}: {check.quantity} is empty, but check {check.id} asks for it"
            )
    _same_in_all_worlds(folder, rubric, references)
    mistakes = _module(folder, "mistakes")
    if mistakes is not None:
        _well_formed(folder / "mistakes.py", mistakes)
    own = (folder / "prelude.py").is_file()
    prelude = (folder if own else Path(next(iter(shipped.__path__)))) / "prelude.py"
    text = prelude.read_text(encoding="utf-8")
    if not own:
        digest.update(text.encode())
    return Assignment(
        folder=folder,
        rubric=rubric,
        sha256=digest.hexdigest(),
        references=references,
        prelude=text,
        own_prelude=own,
        mistakes=tuple(mistakes.MISTAKES) if mistakes else (),
        _variant=mistakes.variant if mistakes else None,
        _candidates=getattr(mistakes, "candidates", None),
    )


def _run(folder: Path, function: Callable[[World], Mapping[str, Any]], world: World) -> Quantities:
    try:
        found = function(world)
        if not isinstance(found, Mapping):
            raise TypeError(f"gave a {type(found).__name__}, expected a dict of name to tensor")
        if odd := [name for name in found if not isinstance(name, str)]:
            raise TypeError(f"gave the name {odd[0]!r}, expected a text")
        return _arrays(found)
    except Exception as e:
        problem = f"{type(e).__name__}: {_one_line(e)}"
        raise RubricError(
            f"{folder / 'canonical.py'}: quantities() failed in world {world.name!r}: {problem}"
        ) from e


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _same_in_all_worlds(folder: Path, rubric: Rubric, references: Sequence[Quantities]) -> None:
    """Every world has the same quantities in the same shapes, finite where asked; otherwise `RubricError`."""
    first = rubric.worlds[0].name
    asked = {c.quantity for c in rubric.tensor_checks()}
    for world, reference in zip(rubric.worlds, references, strict=True):
        where = f"{folder / 'canonical.py'}: in world {world.name!r}"
        odd = sorted(reference.keys() ^ references[0].keys())
        if odd:
            raise RubricError(f"{where} quantities() gives other names than in {first!r}: {', '.join(odd)}")
        for name, value in reference.items():
            if value.shape != references[0][name].shape:
                raise RubricError(
                    f"{where} {name} has shape {value.shape}, in {first!r} {references[0][name].shape}; "
                    "expected the same shape in every world"
                )
            if name in asked and not np.isfinite(value).all():
                raise RubricError(f"{where} {name} is not finite, expected numbers a student can print")


def _well_formed(file: Path, module: ModuleType) -> None:
    """`RubricError` where mistakes.py lacks what the grader takes from it."""
    listed = getattr(module, "MISTAKES", None)
    if not isinstance(listed, list | tuple):
        raise RubricError(f"{file}: expected MISTAKES, a tuple of rubric.schema.Mistake")
    for number, mistake in enumerate(listed, start=1):
        if not isinstance(mistake, Mistake):
            found = type(mistake).__name__
            raise RubricError(f"{file}: entry {number} of MISTAKES is a {found}, expected a Mistake")
        for name in ("touches", "signs", "hints"):
            if isinstance(getattr(mistake, name), str):
                raise RubricError(f"{file}: {name} of {mistake.id!r} is a text, expected a set of texts")
    ids = [m.id for m in listed]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise RubricError(f"{file}: mistake {twice[0]!r} is listed twice, expected unique ids")
    if not callable(getattr(module, "variant", None)):
        raise RubricError(f"{file}: expected a function variant(world, ids)")


def _arrays(quantities: Mapping[str, Any]) -> Quantities:
    # Copied: an array that shares its numbers with a torch tensor keeps that alive, many times its size.
    return {name: np.asarray(value, dtype=np.float64).copy() for name, value in quantities.items()}


def _module(folder: Path, name: str) -> ModuleType | None:
    """Import ``folder/name.py`` as part of a package of its own, so that `from . import` works there."""
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
    module = importlib.util.module_from_spec(spec)
    sys.modules[full] = module
    try:
        spec.loader.exec_module(module)
    except Exception as e:
        del sys.modules[full]
        raise RubricError(f"{path}: {type(e).__name__}: {_one_line(e)}") from e
    return module
