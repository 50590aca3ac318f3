"""What keeps one faulty or endless print from costing more than itself.

Our code reads what students print, and has faults. What fails is set aside, and logged by whoever asked;
the rest is judged without it, and what is then not right waits for a person: what was set aside might
have been the answer. In the same way counts what was read before a limit ended the reading (`Cut`).
"""

from __future__ import annotations

import traceback
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import ParamSpec, Protocol, TypeVar

from grader.extract import Piece, Sink, extract_piece, pieces
from grader.judging.decision import Decision
from grader.models import Execution, PrintedTensor, Said
from rubric.schema import Check, TensorCheck

_FAULTS_AT_MOST = 5
"""prints that are looked for and set aside; with more of them nothing is judged"""

UNREAD = Said(
    "Part of what this notebook printed could not be read within the grader's limits; a person decides."
)
UNJUDGED = Said("This notebook could not be judged within the grader's limits; a person decides.")
FAULTY = Said("The grader failed on something that this notebook printed; a person decides.")
FAILED = Said("The grader failed on this; a person decides.")

Prints = tuple[PrintedTensor, ...]
Place = tuple[int, int, int]
Decide = Callable[[Sequence[Prints]], Mapping[str, Decision]]


LeftOut = Callable[[Check], bool]
Faults = dict[str, Exception]
"""check → how our code failed on it"""
_A = ParamSpec("_A")
_T = TypeVar("_T")


def guarded(
    faults: Faults | None, check: str, decide: Callable[_A, Decision], *args: _A.args, **kwargs: _A.kwargs
) -> Decision:
    """`decide(*args)`; where our code fails on it, that is noted, and the check is for a person."""
    try:
        return decide(*args, **kwargs)
    except MemoryError:
        raise
    except Exception as error:
        if faults is None:
            raise
        faults[check] = error
        return Decision(check, "review", None, FAILED)


@dataclass(frozen=True, slots=True)
class Cut:
    """What is left out, since it went over a limit before.

    unread: cell and output from which on, in every world, nothing is read. judged: False, nothing is, and
    everything is for a person. compared: are saved outputs compared? shown: False, the pages show nothing
    of the notebook.
    """

    unread: tuple[int, int] | None = None
    judged: bool = True
    compared: bool = True
    shown: bool = True


WHOLE = Cut()


class StepNote(Protocol):
    """Is told what is being done, so that it is known where a limit ended it."""

    def __call__(self, step: str, cell: int = -1, output: int = -1) -> None: ...


def nowhere(step: str, cell: int = -1, output: int = -1) -> None:
    """A `Note` for whom nobody waits."""


@dataclass(slots=True)
class Mishaps:
    """What went wrong with one submission. traces: of our faults. unread: some outputs were not read.

    aside: prints that our code failed on. left_out: of each run, the turns of long loops that were not read.
    """

    traces: list[str] = field(default_factory=list)
    unread: bool = False
    faulty: bool = False
    aside: list[PrintedTensor] = field(default_factory=list)
    left_out: list[list[str]] = field(default_factory=list)

    def note(self, error: Exception) -> None:
        """Keep the traceback of a fault of ours; what is no fault of ours is raised again."""
        if isinstance(error, MemoryError):
            raise error
        self.traces.append("".join(traceback.format_exception(error)))

    def tried(self, work: Callable[[], _T], otherwise: _T) -> _T:
        """What is made; the other where our code fails on it."""
        try:
            return work()
        except Exception as error:
            self.note(error)
            return otherwise


def read_outputs(execution: Execution, cut: Cut, note: StepNote, trouble: Mishaps) -> Prints:
    """What one run printed, without the outputs that are cut off or that our code fails on."""

    def lose() -> None:
        trouble.unread = True

    found: Sink[PrintedTensor] = Sink(lose)
    left_out: list[str] = []
    trouble.left_out.append(left_out)
    note("reading")
    whole = [Piece(output) for output in execution.outputs]
    for piece in trouble.tried(lambda: list(pieces(execution.outputs)), whole):
        output = piece.output
        if cut.unread is not None and (output.cell, output.index) >= cut.unread:
            trouble.unread = True
            break
        note("reading", output.cell, output.index)
        if piece.left_out:
            left_out.append(output.text)
            continue
        try:
            items = extract_piece(piece, lose)
        except Exception as error:
            trouble.note(error)
            trouble.faulty = True
            continue
        for item in items:
            found.add(item)
    return tuple(found)


def decide_apart(
    decide: Decide,
    printed: Sequence[Prints],
    checks: Sequence[Check],
    sizes: Mapping[str, int],
    trouble: Mishaps,
    left_out: LeftOut,
) -> Mapping[str, Decision]:
    """The decisions, without the prints that our code fails on; all open where it fails on something else.

    Which print that is, is found by leaving out what comes after it: the shortest beginning that fails
    ends with it. What is then not right waits for a person where what was set aside might have been it.
    sizes: check → number of elements of its reference. left_out: does the right value of a check stand in
    the turns of loops that were not read?
    """
    for _ in range(_FAULTS_AT_MOST):
        try:
            decisions = decide(printed)
        except Exception as error:
            trouble.note(error)
        else:
            return {c.id: _doubted(decisions[c.id], c, sizes, trouble, left_out) for c in checks}
        places = sorted({p for world in printed for p in _places(world)})
        guilty = _first_failing(decide, printed, places)
        if guilty is None:
            break
        trouble.aside += [item for world in _standing(printed, {guilty}) for item in world]
        printed = _standing(printed, {*places} - {guilty})
    return undecided(checks, FAILED)


def _doubted(
    decision: Decision, check: Check, sizes: Mapping[str, int], trouble: Mishaps, left_out: LeftOut
) -> Decision:
    if decision.verdict in ("pass", "review"):
        return decision
    if trouble.unread or left_out(check):
        reason = UNREAD
    elif trouble.faulty or any(_may_answer(item, check, sizes) for item in trouble.aside):
        reason = FAULTY
    else:
        return decision
    return replace(decision.waits(reason), diagnosis=None)


def undecided(checks: Iterable[Check], reason: Said) -> dict[str, Decision]:
    """Everything for a person."""
    return {check.id: Decision(check.id, "review", None, reason) for check in checks}


def _may_answer(item: PrintedTensor, check: Check, sizes: Mapping[str, int]) -> bool:
    if not isinstance(check, TensorCheck):
        return False
    return item.elided or len(item.values) <= sizes[check.id]


def _standing(printed: Sequence[Prints], places: Set[Place]) -> list[Prints]:
    """The prints of each world that stand at these places."""
    return [
        tuple(item for item, p in zip(world, _places(world), strict=True) if p in places) for world in printed
    ]


def _places(world: Prints) -> list[Place]:
    """Cell, output, and which of the output's prints: alike in all worlds, where spans are not."""
    counts: dict[tuple[int, int], int] = {}
    found = []
    for item in world:
        where = item.cell, item.output
        counts[where] = counts.get(where, -1) + 1
        found.append((*where, counts[where]))
    return found


def _first_failing(decide: Decide, printed: Sequence[Prints], places: Sequence[Place]) -> Place | None:
    """The place of the print without which all before it can be decided; None where that fails, too."""

    def fails(count: int) -> bool:
        try:
            decide(_standing(printed, set(places[:count])))
        except MemoryError:
            raise
        except Exception:
            return True
        return False

    if fails(0):
        return None
    shortest = bisect_left(range(1, len(places) + 1), True, key=fails)
    return places[shortest] if shortest < len(places) else None
