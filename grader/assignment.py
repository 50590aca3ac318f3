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
import yaml
from pydantic import ValidationError

import rubric as shipped
from grader.errors import RubricError
from rubric.schema import Mistake, Rubric, TensorCheck, World

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
    mistakes: tuple[Mistake, ...]
    _variant: _Variant | None
    _candidates: _Candidates | None = None
    _variants: dict[tuple[tuple[str, ...], int], Quantities | None] = field(default_factory=dict)

    def prelude_for(self, world: World) -> str:
        """The text that runs in the kernel before the first cell; holds public parameters only."""
        if not self.prelude:
            return ""
        public = {"name": world.name, "seed": world.seed, "scale": world.scale, "precision": world.precision}
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


def load_rubric(folder: Path) -> Rubric:
    """Read and validate rubric.yaml.

    Raises:
        RubricError: one line with the file, the path inside it, what is wrong and what is expected.
    """
    file = folder / "rubric.yaml"
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        at = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise RubricError(f"{file}{at}: not YAML: {getattr(e, 'problem', None) or e}") from e
    except (OSError, UnicodeDecodeError) as e:
        raise RubricError(f"{file}: cannot be read: {e}") from e
    if not isinstance(data, dict):
        raise RubricError(f"{file}: expected a mapping at the top, found {type(data).__name__}")
    try:
        return Rubric.model_validate(data)
    except ValidationError as e:
        first, *others = e.errors(include_url=False)
        where = ".".join(str(part) for part in first["loc"]) or "(whole file)"
        found = first.get("input")
        shown = (
            "" if isinstance(found, dict | list) or first["type"] == "missing" else f", found {found!r:.80}"
        )
        more = f" (and {len(others)} more)" if others else ""
        raise RubricError(f"{file}: {where}: {first['msg']}{shown}{more}") from e


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
    for check in rubric.checks():
        if isinstance(check, TensorCheck) and check.quantity not in references[0]:
            raise RubricError(
                f"{folder / 'rubric.yaml'}: check {check.id}: quantity {check.quantity!r} is not computed by "
                f"canonical.py, expected one of {', '.join(references[0])}"
            )
    mistakes = _module(folder, "mistakes")
    prelude = folder / "prelude.py"
    return Assignment(
        folder=folder,
        rubric=rubric,
        sha256=digest.hexdigest(),
        references=references,
        prelude=prelude.read_text(encoding="utf-8") if prelude.is_file() else "",
        mistakes=tuple(mistakes.MISTAKES) if mistakes else (),
        _variant=mistakes.variant if mistakes else None,
        _candidates=getattr(mistakes, "candidates", None),
    )


def _run(folder: Path, function: Callable[[World], Mapping[str, Any]], world: World) -> Quantities:
    try:
        return _arrays(function(world))
    except Exception as e:
        raise RubricError(
            f"{folder / 'canonical.py'}: quantities() failed in world {world.name!r}: {type(e).__name__}: {e}"
        ) from e


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
        raise RubricError(f"{path}: {type(e).__name__}: {e}") from e
    return module
