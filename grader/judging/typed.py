"""Numbers that were typed in, or made without what they are to be made with: what the code says (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from grader.judging.decision import Case, Decision
from grader.judging.match import Candidate
from grader.judging.source import Code
from grader.judging.wording import ALSO_TYPED, ONLY_HERE, TYPED_IN
from grader.models import Said
from rubric.schema import TensorCheck

_FEW = 8  # whole numbers that stand in a notebook by accident, each for itself
_BETWEEN = r"[\s,;x×*()\[\]]++"


def not_computed(check: TensorCheck, candidate: Candidate, case: Case, *, still: bool) -> Decision | None:
    """What speaks against it that a right value was computed; None where nothing does.

    still: does the print not differ between the worlds?
    """
    worlds, code = len(case.books.references), case.code
    open_ = Decision(check.id, "review", None, ALSO_TYPED)
    if worlds > 1 and not candidate.seen_everywhere:
        return replace(open_, reason=ONLY_HERE)
    if check.id not in case.books.moving:
        return open_ if may_be_typed_in(candidate, code) else None
    if typed_in(candidate, code):
        if still:
            return Decision(check.id, "fail", 0.0, TYPED_IN, typed_in=True)
        if all(typed_in(candidate, code, world) for world in range(1, worlds)):
            return open_
    return None


def made_without(check: TensorCheck, cells: Iterable[int], code: Code) -> Said | None:
    """That the code behind these cells uses nothing of what the values are to be made with."""
    behind = [c for cell in cells for c in code.reach(cell)]
    if not check.made_with or any(code.uses(name, behind) for name in check.made_with):
        return None
    return Said("Right, but computed without {name}; a person decides.", {"name": check.made_with[0]})


def typed_in(candidate: Candidate, code: Code, world: int = 0) -> bool:
    """Do most of the numbers printed in a world stand as literals in the code?"""
    return code.writes(r.slot.prints[world] for r in candidate.readings)


def may_be_typed_in(candidate: Candidate, code: Code) -> bool:
    """Do they stand there, however few their digits? For a person to look at where nothing else tells.

    A few whole numbers, a shape, stand in every code somewhere: only all of them in their order count.
    """
    first = candidate.readings[0].slot.first
    if len(candidate.readings) == 1 and 1 < len(first.values) <= _FEW:
        whole = [int(v) for v in first.values if abs(v) < 1e15 and v == round(v)]
        if len(whole) == len(first.values):
            return written_in_a_row(whole, code)
    return code.writes((r.slot.first for r in candidate.readings), however_few_digits=True)


def written_in_a_row(numbers: Sequence[int], code: Code) -> bool:
    """Does the code write out these whole numbers one after the other, `[2, 3]`, `2.0 3.0` or `"23"`?"""
    rows = (_BETWEEN.join(rf"{n}(?:\.0*+)?" for n in numbers), "".join(map(str, numbers)))
    row = re.compile(rf"(?<![\w.])(?:{'|'.join(rows)})(?![\w.])")
    return any(map(row.search, code.worked_out))
