"""A submission within limits: what went over one is left out, and the rest is done again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Concatenate, Generic, ParamSpec, Protocol, TypeVar

from grader.errors import JudgeError
from grader.judging.barrier import WHOLE, Cut
from grader.pipeline.judges import OverrunError
from grader.pipeline.mark import JudgingStep
from grader.pipeline.nursery import Bench

_P = ParamSpec("_P")
_T = TypeVar("_T")

FIRST_S = 10.0
"""processor time for all that is done with one submission in a judge; a usual one takes 0.05 s"""
_AGAIN_S = (4.0, 4.0, 4.0)
_LAST = Cut(judged=False, compared=False, shown=False)


class Calls(Protocol):
    """Where work is done; see `grader.pipeline.judges.Judges`."""

    async def call(
        self,
        cpu_s: float,
        function: Callable[Concatenate[Bench, _P], _T],
        /,
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T: ...


@dataclass(frozen=True, slots=True)
class Within(Generic[_T]):
    """What came of it. overruns: which limits were met where, one line each."""

    value: _T
    overruns: tuple[str, ...] = ()


async def within_limits(
    calls: Calls, function: Callable[Concatenate[Bench, Cut, _P], _T], /, *args: _P.args, **kwargs: _P.kwargs
) -> Within[_T]:
    """`function(bench, cut, *args)` in a judge, with ever more cut off where it goes over a limit.

    The function tells `bench.mark` what it does and leaves out what the cut says. It may be called several
    times, and killed at any moment. Raises what `Judges.call` does but `OverrunError`.
    """
    cut = WHOLE
    overruns: list[str] = []
    for cpu_s in (FIRST_S, *_AGAIN_S):
        try:
            value = await calls.call(cpu_s, function, cut, *args, **kwargs)
        except OverrunError as over:
            overruns.append(f"over the limit of {over.reason} ({cpu_s:g} s): {over.place}")
            cut = _LAST if len(overruns) == len(_AGAIN_S) else _further(cut, over.place)
        else:
            return Within(value, tuple(overruns))
    raise JudgeError(f"a judge met its limits with nothing left to do: {overruns[-1]}")


def _further(cut: Cut, place: JudgingStep) -> Cut:
    """The cut without what was being done when a limit was met."""
    if place.step == "reading" and cut.unread is None:
        return replace(cut, unread=(place.cell, place.output))
    if place.step in ("reading", "judging", "scoring"):
        return replace(cut, judged=False)
    if place.step == "comparing":
        return replace(cut, compared=False)
    if place.step == "showing":
        return replace(cut, shown=False)
    return _LAST
