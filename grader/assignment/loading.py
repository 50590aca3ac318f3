"""An assignment folder, loaded: rubric, reference values in every world, known mistakes.

The folder's Python is the teacher's and is trusted; it runs in the grader, never in a kernel.
Only the prelude is handed to kernels, as text.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

import rubric as shipped
from grader.assignment import solved as solved_values
from grader.assignment.given_files import given_files
from grader.assignment.rubric_file import load_rubric
from grader.assignment.solution import Known, Quantities, known_mistakes, module, solve
from grader.errors import RubricError
from grader.folder.about import About
from grader.folder.files import content_digest
from grader.models import AttachedFile
from rubric.schema import Mistake, Rubric, World

__all__ = ["Assignment", "Quantities", "load", "load_rubric", "locate", "outline", "refuse_release"]


_DEFAULT = "default.txt"  # beside the shipped assignments: the name of the one that is meant without --rubric
MORE = "prelude_more.py"
"""a folder's addition to the shipped prelude"""
_ADDED = """\
_WORLD = dict(WORLD)
{shipped}
WORLD = globals().pop("_WORLD")
{more}
globals().pop("WORLD", None)
"""
_KEPT = 6_000  # combinations of mistakes whose quantities are kept; students' numbers suggest ever new ones


@dataclass(frozen=True, slots=True)
class Solved:
    """What an assignment's Python computes.

    references: the solution in each world. by_other_means: the same for somebody who computes derivatives
    without torch's autograd; it differs in worlds with an `autograd_factor`.
    """

    references: tuple[Quantities, ...]
    by_other_means: tuple[Quantities, ...]
    known: Known


@dataclass(frozen=True)
class Assignment:
    """Everything the grader knows about one assignment. Build it with `load`, or with `outline`.

    solve: the solution and what else the Python computes, once; raises `RubricError`.
    """

    folder: Path
    rubric: Rubric
    sha256: str
    prelude: str
    own_prelude: bool
    solve: Callable[[], Solved]
    _given: Mapping[str, tuple[AttachedFile, ...]] = field(default_factory=dict)
    _variants: dict[tuple[tuple[str, ...], World], Quantities | None] = field(default_factory=dict)

    @property
    def references(self) -> tuple[Quantities, ...]:
        return self.solve().references

    @property
    def by_other_means(self) -> tuple[Quantities, ...]:
        return self.solve().by_other_means

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        return self.solve().known.mistakes

    def prelude_for(self, world: World) -> str:
        """The text that runs in the kernel before the first cell; holds public parameters only."""
        return prelude_text(self.rubric, world, self.prelude, own=self.own_prelude)

    @property
    def tells_sources(self) -> bool:
        """Is there a world in which what autograd computed differs from the same computed otherwise?"""
        return any(w.autograd_factor != 1 for w in self.rubric.worlds)

    def files_for(self, world: World) -> tuple[AttachedFile, ...]:
        """The course's files that lie beside every notebook in this world."""
        return self._given.get(world.name, ())

    def parts_of(self, world: World) -> dict[str, object]:
        """What makes a world, its prelude aside, for the keys under which runs are kept."""
        parts = world.model_dump(exclude={"files"})
        if asked := [c.asked_in(world.name) for c in self.rubric.taken_checks()]:
            parts |= {"asked": asked}
        given = self.files_for(world)
        return (
            parts | {"files": [(f.name, content_digest(Path(f.source))) for f in given]} if given else parts
        )

    def variants(
        self,
        combinations: Iterable[tuple[str, ...]],
        worlds: int | None = None,
        *,
        autograd: bool = True,
    ) -> dict[tuple[str, ...], tuple[Quantities, ...]]:
        """Mistake ids → quantities in every world, or in the first `worlds`, where they can be made.

        autograd: computed by it; else by other means, see `World.autograd_factor`. Each is computed once and
        kept, within bounds.
        """
        if len(self._variants) > _KEPT:
            self._variants.clear()
        found: dict[tuple[str, ...], tuple[Quantities, ...]] = {}
        for ids in combinations:
            solved = [
                self._solve(ids, w if autograd else w.without_autograd) for w in self.rubric.worlds[:worlds]
            ]
            if None not in solved:
                found[ids] = tuple(q for q in solved if q is not None)
        return found

    def candidates(self, words: frozenset[str]) -> tuple[Mistake, ...]:
        """Further mistakes that the words and numbers in a notebook's code suggest, see rubric/schema.py."""
        return self.solve().known.candidates(words)

    def _solve(self, ids: tuple[str, ...], world: World) -> Quantities | None:
        if (ids, world) not in self._variants:
            self._variants[ids, world] = self.solve().known.variant(world, ids)
        return self._variants[ids, world]


@lru_cache
def _shipped_text(name: str) -> str:
    return (Path(next(iter(shipped.__path__))) / name).read_text(encoding="utf-8")


def locate(name_or_path: str | None) -> Path:
    """The folder of an assignment: one shipped under ``rubric/`` by name, or any folder by path.

    A bare name means the shipped one first: its Python is trusted, and where we stand may lie a student's
    folder of that name. None means the one that ``default.txt`` beside them names, or the only one.

    Raises:
        RubricError: there is no such folder, or it has no rubric.yaml.
    """
    home = Path(next(iter(shipped.__path__)))
    if name_or_path is None:
        return _the_default(home)
    given = Path(name_or_path)
    folders = [given.parent if given.name == "rubric.yaml" else given, home / name_or_path]
    for folder in reversed(folders) if given.name == name_or_path else folders:
        if (folder / "rubric.yaml").is_file():
            return folder.resolve()
    names = ", ".join(p.name for p in _shipped(home)) or "none"
    raise RubricError(
        f"{name_or_path}: no rubric.yaml there, expected a folder with one or a shipped assignment ({names})"
    )


def find(id: str, folder: str, digest: str) -> Path:
    """An assignment that an output folder was graded with, wherever it lies now.

    id: of its rubric; folder: where it lay; digest: `digest_of` it then. Where it lay comes first, then the
    one of that name that is shipped; of both the one that is still the same. Raises `RubricError`.
    """
    home = Path(next(iter(shipped.__path__)))
    places = (Path(folder), home / id, *_shipped(home))
    known = [p.resolve() for p in places if (p / "rubric.yaml").is_file()]
    same = [p for p in known if digest_of(p) == digest]
    for found in (*same, *known):
        if load_rubric(found).id == id:
            return found
    raise RubricError(
        f"the assignment {id!r} lay in {folder} and does not any more; say where it is with --rubric, once"
    )


def about(assignment: Assignment) -> About:
    """What an output folder keeps of the assignment that graded it, to find it again."""
    folder = assignment.folder
    return About(rubric=assignment.rubric.id, folder=str(folder), digest=digest_of(folder))


def digest_of(folder: Path) -> str:
    """SHA-256 over the rubric and the Python of an assignment, without running any of it."""
    digest = hashlib.sha256()
    for path in (folder / "rubric.yaml", *sorted(folder.glob("*.py"))):
        digest.update(f"{path.name} {content_digest(path)}\n".encode())
    return digest.hexdigest()


def _shipped(home: Path) -> list[Path]:
    return sorted(p.parent for p in home.glob("*/rubric.yaml"))


def _the_default(home: Path) -> Path:
    folders = _shipped(home)
    named = home / _DEFAULT
    name = named.read_text("utf-8").strip() if named.is_file() else ""
    if found := [f for f in folders if f.name == name] or (folders if len(folders) == 1 else []):
        return found[0].resolve()
    if not folders:
        raise RubricError(
            "no assignment is installed: name the folder that your course gives you, --rubric FOLDER; "
            "who grades installs the package notebook-grader-assignments, too"
        )
    names = "".join(f"{p.name}, " for p in folders)
    raise RubricError(f"no assignment is named, expected --rubric with one of these: {names}a folder")


def load(name_or_path: str | None) -> Assignment:
    """Load an assignment and compute its reference values in every world.

    Raises:
        RubricError: the folder, its rubric or its Python has a mistake.
    """
    assignment = outline(name_or_path)
    assignment.solve()
    return assignment


def outline(name_or_path: str | None) -> Assignment:
    """`load` without running the folder's Python, which may import torch: for whoever has others judge.

    Raises:
        RubricError: the folder or its rubric has a mistake.
    """
    folder = locate(name_or_path)
    rubric = load_rubric(folder)
    given = given_files(folder, rubric.worlds)
    own = (folder / "prelude.py").is_file()
    prelude = prelude_of(folder, own)
    return Assignment(
        folder=folder,
        rubric=rubric,
        sha256=_digest(folder, rubric, given, None if own else prelude),
        prelude=prelude,
        own_prelude=own,
        solve=cache(lambda: _solved(folder, rubric, prelude, given)),
        _given=given,
    )


def prelude_text(rubric: Rubric, world: World, prelude: str, *, own: bool) -> str:
    """What runs in the kernel before the first cell: the prelude, and the world's public parameters.

    own: the prelude is the assignment's own, which knows its handout's seed.
    """
    public: dict[str, object] = {
        "name": world.name,
        "seed": world.seed,
        "scale": world.scale,
        "precision": world.precision,
    }
    if not own:
        public["handout_seed"] = rubric.worlds[0].seed
    text = f"WORLD = __import__('json').loads({json.dumps(public)!r})\n{prelude}"
    if world.autograd_factor != 1:
        text += f"\nAUTOGRAD_FACTOR = {world.autograd_factor!r}\n{_shipped_text('autograd.py')}"
    return text


def _digest(
    folder: Path, rubric: Rubric, given: Mapping[str, Sequence[AttachedFile]], shipped_prelude: str | None
) -> str:
    """SHA-256 of everything that makes the assignment."""
    digest = hashlib.sha256()
    solved = (p for p in (folder / solved_values.VALUES,) if p.is_file())
    for path in (folder / "rubric.yaml", *sorted(folder.glob("*.py")), *solved):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    for file in (f for files in given.values() for f in files):
        digest.update(f"{file.name} {content_digest(Path(file.source))}\n".encode())
    if shipped_prelude is not None:
        digest.update(shipped_prelude.encode())
    if any(w.autograd_factor != 1 for w in rubric.worlds):
        digest.update(_shipped_text("autograd.py").encode())
    digest.update(_shipped_text("words.yaml").encode())
    return digest.hexdigest()


def prelude_of(folder: Path, own: bool) -> str:
    """The text of the prelude: the folder's own, or the shipped one and what the folder adds to it.

    Raises `RubricError`.
    """
    path, more = (folder if own else Path(next(iter(shipped.__path__)))) / "prelude.py", folder / MORE
    if own and more.is_file():
        raise RubricError(f"{more}: adds to the shipped prelude, and prelude.py is in its place; keep one")
    text = _text_of(path)
    return _ADDED.format(shipped=text, more=_text_of(more)) if more.is_file() else text


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise RubricError(f"{path}: cannot be read: {e}") from e


def _solved(
    folder: Path, rubric: Rubric, prelude: str, given: Mapping[str, Sequence[AttachedFile]]
) -> Solved:
    solved = _solution(folder, rubric, prelude, given)
    _asked_are_there(folder, rubric, solved.references)
    _same_in_all_worlds(folder, rubric, solved.references)
    return solved


def _solution(
    folder: Path, rubric: Rubric, prelude: str, given: Mapping[str, Sequence[AttachedFile]]
) -> Solved:
    """Reference values of every world, the same by other means than autograd, and known mistakes.

    Of canonical.py and mistakes.py, or of a solution notebook.
    """
    canonical = module(folder, "canonical")
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)  # tensors here are small; threads only get in each other's way
    worlds = rubric.worlds
    if canonical is None:
        if not (folder / solved_values.NOTEBOOK).is_file():
            raise RubricError(
                f"{folder / 'canonical.py'}: no such file, expected the solution, there or in "
                f"{solved_values.NOTEBOOK}"
            )
        right, known = solved_values.references(folder, worlds, prelude, given)
        return Solved(tuple(map(right, worlds)), tuple(right(w.without_autograd) for w in worlds), known)
    if not callable(getattr(canonical, "quantities", None)):
        raise RubricError(f"{folder / 'canonical.py'}: expected a function quantities(world)")
    references = tuple(solve(folder, canonical.quantities, w) for w in worlds)
    by_other_means = tuple(
        solve(folder, canonical.quantities, w.without_autograd) if w.autograd_factor != 1 else reference
        for w, reference in zip(worlds, references, strict=True)
    )
    return Solved(references, by_other_means, known_mistakes(folder))


def _asked_are_there(folder: Path, rubric: Rubric, references: Sequence[Quantities]) -> None:
    for check in rubric.tensor_checks():
        for name in (check.quantity, *check.also):
            if name not in references[0]:
                raise RubricError(
                    f"{folder / 'rubric.yaml'}: check {check.id}: quantity {name!r} is not computed by "
                    f"the solution, expected one of {', '.join(references[0])}"
                )
            if references[0][name].shape != references[0][check.quantity].shape:
                raise RubricError(
                    f"{folder / 'rubric.yaml'}: check {check.id}.also: {name} has shape "
                    f"{references[0][name].shape}, expected that of {check.quantity}, "
                    f"{references[0][check.quantity].shape}"
                )
        if not references[0][check.quantity].size:
            raise RubricError(
                f"{folder}: {check.quantity} of the solution is empty, but check {check.id} asks for it"
            )


def refuse_release(folder: Path, rubric: Rubric) -> None:
    """Raise `RubricError` for the version that students have: there is nothing to grade with."""
    if rubric.released:
        raise RubricError(
            f"{folder}: a release for students, without the solution; `grader check` takes it, "
            "to grade name the assignment itself"
        )


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
