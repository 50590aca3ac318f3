"""What the parser finds before labels are attached, and the bounded list it goes into."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterator, Sized
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from grader.extract.numbers import Parsed

Form = Literal["tensor", "array", "list", "table", "row", "number"]

MAX_VALUES_PER_TENSOR = 100_000
MAX_TENSORS = 6_000
MAX_VALUES = 1_000_000


@dataclass(slots=True)
class Node:
    """A run of printed numbers at text[start:end].

    weak: a lone integer; a line that holds nothing else still counts as a heading.
    loose: read outside brackets, so it may join with the rows around it.
    room: decimals that every number has or has room for, see `shown_decimals`; a maker proves it.
    whole: of loose rows, for each column whether all its literals are spelled as integers.
    scale: common factor printed ahead of it, already applied; rows that join take it over.
    commas, dotted, scientific, integers: how the literals looked, needed until the form is known.
    """

    start: int
    end: int
    values: array[float]
    halves: array[float]
    shape: tuple[int, ...]
    form: Form
    elided: bool = False
    commas: bool = False
    dotted: bool = False
    scientific: bool = False
    integers: bool = False
    weak: bool = False
    loose: bool = False
    room: int = 0
    whole: tuple[bool, ...] = ()
    scale: float = 1.0


def node_of(
    parsed: Parsed,
    start: int,
    end: int,
    form: Form,
    *,
    scale: float = 1.0,
    room: int = 0,
    commas: bool = False,
) -> Node:
    """Literals that stand beside each other as a row, under a common factor."""
    values, halves = parsed.values[:MAX_VALUES_PER_TENSOR], parsed.half_units[:MAX_VALUES_PER_TENSOR]
    return Node(
        start,
        end,
        array("d", (v * scale for v in values)),
        array("d", (h * abs(scale) for h in halves)),
        (len(values),),
        form,
        elided=parsed.elided or len(parsed.values) > MAX_VALUES_PER_TENSOR,
        commas=commas,
        dotted=parsed.dotted,
        scientific=parsed.scientific,
        integers=parsed.integers,
        room=room,
        whole=parsed.whole[:MAX_VALUES_PER_TENSOR],
        scale=scale,
    )


class _Valued(Protocol):
    @property
    def values(self) -> Sized: ...


N = TypeVar("N", bound=_Valued)


class Sink(Generic[N]):
    """What was found, in the order of the text: the first and the last of it where there is too much.

    At most MAX_TENSORS nodes or tensors and about MAX_VALUES values are kept, half from each end.
    """

    def __init__(self, lose: Callable[[], None]) -> None:
        """lose: called where something is dropped."""
        self._lose = lose
        self._head: list[N] = []
        self._head_values = 0
        self._tail: deque[N] = deque()
        self._tail_values = 0
        self._full = False

    def add(self, node: N) -> None:
        """Append one; drops the oldest one of the second half if need be."""
        size = len(node.values)
        if not self._full:
            self._head.append(node)
            self._head_values += size
            self._full = len(self._head) >= MAX_TENSORS // 2 or self._head_values >= MAX_VALUES // 2
            return
        self._tail.append(node)
        self._tail_values += size
        while len(self._tail) > 1 and (
            len(self._tail) > MAX_TENSORS // 2 or self._tail_values > MAX_VALUES // 2
        ):
            self._tail_values -= len(self._tail.popleft().values)
            self._lose()

    def __iter__(self) -> Iterator[N]:
        yield from self._head
        yield from self._tail
