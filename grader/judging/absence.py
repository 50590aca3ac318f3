"""What our environment may have kept away is nobody's fault (pure).

A record of a refusal turns `missing`, and a `fail` that rests on what the refusal changed, into `review`,
and nothing into anything else: who forges one gains a person's look. It counts only where it can have kept
a print away. What was ended or raised can where the code that did not run may print; a program that was
skipped can; what was done by other means cannot. A wrong value counts as wrong unless its cell uses what a
cell made that did not run as at home.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from grader.judging.decision import Decision
from grader.judging.source import Code, parsed
from grader.models import (
    Cell,
    CellError,
    Execution,
    PrintedTensor,
    Refusal,
    RefusalKind,
    Said,
    Submission,
    together,
)
from grader.words.refusals import tell
from rubric.schema import BehaviourCheck, Rubric

_PYTHON = re.compile(r"(?i)python\s+(\d{1,4})\.(\d{1,4})(?!\d)")
_Version = tuple[int, int]
_OTHER_SYNTAX = (
    ((3, 12), re.compile(r"^f-string|(?m:^[ \t]*+type[ \t]++\w++[ \t]*+[=\[])|\b(?:def|class)\s+\w+\s*\[")),
    ((3, 14), re.compile(r"multiple exception types|\bt(?:\"|')")),
    ((2, 7), re.compile(r"^Missing parentheses in call to 'print'")),
)
"""of Python versions: how an error of syntax, or the cell that has it, tells that it may be right there"""


_UNDEFINED = re.compile(r"name '(\w{1,80})' is not defined.*")
_LARGEST = 60_000  # characters of a cell
_LAZY = (3, 14)
"""the Python from which on annotations are not looked up before somebody asks for them"""


@dataclass(frozen=True)
class Absence:
    """All that was refused in the runs of one notebook, and its cells."""

    refusals: tuple[Refusal, ...]
    cells: tuple[Cell, ...]

    @cached_property
    def _code(self) -> Code:
        return Code(self.cells)

    def settle(self, decisions: Mapping[str, Decision], rubric: Rubric) -> dict[str, Decision]:
        """The same decisions, with `review` where a refusal may have kept away what they rest on."""
        if not self.refusals:
            return dict(decisions)
        settled = {name: self._settled(d, by_code=False) for name, d in decisions.items()}
        for check in rubric.checks():
            if isinstance(check, BehaviourCheck):
                shown = [settled[name].cause for name in check.shown_by]
                own = self._settled(decisions[check.id], by_code=True)
                cause = own.cause or next(filter(None, shown), None)
                settled[check.id] = replace(own, cause=cause if own.verdict == "review" else None)
        return settled

    def _settled(self, decision: Decision, *, by_code: bool) -> Decision:
        """by_code: it rests on the code, all of which is there unless it is in another language."""
        cause = self._cause(decision)
        if cause is None or (by_code and cause.kind != "language"):
            return decision
        return self.wait(decision, cause)

    @staticmethod
    def wait(decision: Decision, cause: Refusal) -> Decision:
        """The same decision, left to a person because of this."""
        return replace(decision.waits(together(tell(cause), Said("A person decides."))), cause=cause.cause)

    def happened(self, cells: Sequence[Cell], printed: Sequence[PrintedTensor]) -> list[Cell]:
        """The cells without those that showed nothing because something of ours kept them from it.

        What libraries say on stderr is no print of the student's.
        """
        shown = {item.cell for item in printed if item.channel != "stderr"}
        lost = {n for r in self.refusals for n in r.lost} - shown
        return [cell for cell in cells if cell.index not in lost]

    def _cause(self, decision: Decision) -> Refusal | None:
        if decision.verdict not in ("missing", "fail"):
            return None
        foreign = next((r for r in self.refusals if r.kind == "language"), None)
        if foreign is not None:
            return foreign
        candidate = decision.candidate
        in_order = sorted(self.refusals, key=lambda r: -1 if r.cell is None else r.cell)
        if candidate is None or decision.verdict == "missing" or none_of_its_own(decision):
            return next((r for r in in_order if self._can_have_kept_away(r)), None)
        return next((r for r in in_order if self._changes(r, candidate.cell)), None)

    def _can_have_kept_away(self, refusal: Refusal) -> bool:
        if refusal.effect == "instead":
            return False
        lost = {*refusal.lost}
        if refusal.effect == "skipped":
            return bool(lost)
        return any(c.may_print for c in self._code.cells if c.index in lost)

    def _changes(self, refusal: Refusal, cell: int) -> bool:
        """Whether a print in this cell may rest on what a refusal changed."""
        if refusal.effect == "instead" or refusal.cell is None or refusal.cell > cell:
            return False
        if refusal.kind == "answer":  # of which the run with the other answers tells
            return False
        return self._code.depends(cell, {refusal.cell, *(n for n in refusal.lost if n < cell)})


NOTHING_REFUSED = Absence((), ())


def none_of_its_own(decision: Decision) -> bool:
    """Is there no print of its name, none that a known mistake explains, just something of its size?"""
    if decision.found_nothing:
        return True
    return (
        decision.candidate is not None
        and decision.diagnosis is None
        and not decision.candidate.named(decision.check)
    )


def refusals_of(submission: Submission, executions: Sequence[Execution]) -> tuple[Refusal, ...]:
    """What was refused in any world, and what the file itself says it needs.

    Of what only another world tells, one of each kind, without its words: names that a notebook makes up or
    chooses there carry out what only that world holds.
    """
    if not executions:
        return tuple(_claimed(submission, ()))
    first, *others = executions
    known = {*first.refusals}
    failed = {c.index: c.failed for c in submission.cells if c.failed}
    by_kind: dict[RefusalKind, list[Refusal]] = defaultdict(list)
    for refusal in (r for e in others for r in e.refusals):
        if refusal not in known and refusal.effect != "instead" and not _elsewhere_too(refusal, failed):
            by_kind[refusal.kind].append(refusal)
    own = (r for r in first.refusals if not _elsewhere_too(r, failed))
    other = map(_without_words, by_kind.values())
    return (*_claimed(submission, first.errors), *own, *other)


def _elsewhere_too(refusal: Refusal, failed: Mapping[int, str]) -> bool:
    """Is it an error that may come up here alone, and that the file itself shows?"""
    if refusal.kind != "error" or refusal.cell is None:
        return False
    return refusal.call.partition(":")[0] == failed.get(refusal.cell)


def _without_words(of_one_kind: Sequence[Refusal]) -> Refusal:
    """Several as one: from the first of their cells on, and with everything that they kept away."""
    return Refusal(
        kind=of_one_kind[0].kind,
        about="…",
        cell=min((r.cell for r in of_one_kind if r.cell is not None), default=None),
        effect="skipped" if any(r.effect == "skipped" for r in of_one_kind) else of_one_kind[0].effect,
        lost=tuple(sorted({cell for r in of_one_kind for cell in r.lost})),
        told_by=of_one_kind[0].told_by,
    )


def _claimed(submission: Submission, errors: Iterable[CellError]) -> Iterable[Refusal]:
    code = tuple(c.index for c in submission.cells if c.kind == "code" and c.source.strip())
    said = submission.language
    python = _PYTHON.match(said)
    stated = (int(python[1]), int(python[2])) if python else None
    if said and not said.lower().startswith("python"):
        yield Refusal(kind="language", about=said, effect="ended", lost=code)
    elif stated and stated < (3, 0):
        yield Refusal(kind="version", about=_named(stated), effect="ended", lost=code)
    else:
        yield from _other_syntax(tuple(errors), {c.index: c.source for c in submission.cells}, stated)


def _other_syntax(
    errors: Sequence[CellError], sources: Mapping[int, str], stated: _Version | None
) -> Iterable[Refusal]:
    """Errors of syntax that are none in another Python than ours.

    stated: the version that the file names. Some name none, as all from Colab do; then the syntax tells.
    """
    for error in errors:
        if error.name == "NameError":
            yield from _named_later(error, sources.get(error.cell, ""), stated, errors)
        if error.name not in ("SyntaxError", "IndentationError"):
            continue
        texts = (error.message, sources.get(error.cell, ""))
        signs = (v for v, sign in _OTHER_SYNTAX if any(map(sign.search, texts)))
        may = [v for v in ([stated] if stated else signs) if v < (3, 0) or v > sys.version_info[:2]]
        if may:
            yield _of_another(may[0], error, errors)


def _named_later(
    error: CellError, source: str, stated: _Version | None, errors: Sequence[CellError]
) -> Iterable[Refusal]:
    """A name in an annotation that comes to be after it, where the file's Python does not ask for it yet."""
    name = _UNDEFINED.fullmatch(error.message)
    if name is None or stated is None or stated < _LAZY or sys.version_info[:2] >= _LAZY:
        return
    if name[1] in _annotated(source):
        yield _of_another(stated, error, errors)


@lru_cache(64)
def _annotated(source: str) -> frozenset[str]:
    """Names in the annotations of a cell."""
    found: set[str] = set()
    tree = parsed(source[:_LARGEST])
    for node in ast.walk(tree) if tree is not None else ():
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(part, ast.expr):
                found.update(n.id for n in ast.walk(part) if isinstance(n, ast.Name))
    return frozenset(found)


def _of_another(python: _Version, error: CellError, errors: Sequence[CellError]) -> Refusal:
    lost = tuple(e.cell for e in errors if e.cell >= error.cell)
    return Refusal(
        kind="version",
        about=_named(python),
        call=error.message,
        cell=error.cell,
        effect="raised",
        lost=lost,
    )


def _named(python: _Version) -> str:
    return f"Python {python[0]}.{python[1]}"
