"""Bracketed numbers → nodes, with an explicit stack: nested lists, tensor(…), array(…), tuples.

A bracket is *clean* as long as it holds nothing but numbers, commas and clean brackets. Anything
else (a key, a word, a tensor inside a list, a ragged row) makes it and all brackets around it
collections: what they hold is then read piece by piece, as if they weren't there.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from grader.extract.nodes import MAX_VALUES_PER_TENSOR, Form, Node
from grader.extract.numbers import ANY_ROOM, Parsed
from grader.extract.precision import settle

MAX_DEPTH = 32
_PAIR = {")": "(", "]": "[", "}": "{"}
_SIZE = re.compile(r"(?:size|shape)=\s*+\(?\[?\s*+([0-9]++(?:\s*+,\s*+[0-9]++)*+)")


@dataclass(slots=True)
class Frame:
    """An open bracket. bracket: `[`, `(`, `{`, or `m` for a maker such as `tensor(`."""

    bracket: str
    start: int
    clean: bool = True
    form: Form = "list"
    scale: float = 1.0
    size: tuple[int, ...] | None = None
    values: array[float] = field(default_factory=lambda: array("d"))
    halves: array[float] = field(default_factory=lambda: array("d"))
    parts: array[int] = field(default_factory=lambda: array("q"))  # start, end, first value of each child
    children: int = 0
    child_shape: tuple[int, ...] | None = None
    child_bracket: str = ""
    ragged: bool = False
    elided: bool = False
    commas: bool = False
    dotted: bool = True
    scientific: bool = False
    integers: bool = True
    room: int = ANY_ROOM


_BRACE = Frame("{", 0, clean=False)  # never holds anything, so one will do


class Brackets:
    """The stack. Finished nodes go to `emit`; scalars that turn out to stand in prose to `loose`."""

    def __init__(self, emit: Callable[[Node], None]) -> None:
        self._emit = emit
        self._stack: list[Frame] = []

    # ------------------------------------------------------------------ state

    @property
    def top(self) -> Frame | None:
        """The innermost open bracket if it is clean."""
        return self._stack[-1] if self._stack and self._stack[-1].clean else None

    @property
    def inside_collection(self) -> bool:
        """An open bracket that isn't clean surrounds this place."""
        return bool(self._stack) and not self._stack[-1].clean

    # ----------------------------------------------------------------- events

    def open(self, bracket: str, start: int, form: Form = "list") -> None:
        """An opening bracket, or `m` for a maker with the form it makes."""
        if len(self._stack) >= MAX_DEPTH:
            self.interrupt(start, broken=False)
            self._stack.clear()
        top = self.top
        if bracket == "{" or (bracket == "m" and top is not None and top.bracket == "("):
            self.interrupt(start, broken=False)
        self._stack.append(_BRACE if bracket == "{" else Frame(bracket, start, form=form))

    def add(self, parsed: Parsed, start: int, end: int, *, commas: bool) -> None:
        """Numbers directly inside the clean top bracket, one child each."""
        top = self._stack[-1]
        for i in range(len(parsed.values)):
            self._mark(top, (), "number", start, end)
            if len(top.values) < MAX_VALUES_PER_TENSOR:
                top.values.append(parsed.values[i])
                top.halves.append(parsed.half_units[i])
            else:
                top.elided = True
        top.elided |= parsed.elided
        top.commas |= commas
        top.room = 0
        self._looks(top, parsed.dotted, parsed.scientific, parsed.integers)

    def add_row(self, parsed: Parsed, start: int, end: int, *, commas: bool, room: int) -> None:
        """A whole innermost list `[…]`; room as in `Node`."""
        node = Node(
            start,
            end,
            array("d", parsed.values[:MAX_VALUES_PER_TENSOR]),
            array("d", parsed.half_units[:MAX_VALUES_PER_TENSOR]),
            (min(len(parsed.values), MAX_VALUES_PER_TENSOR),),
            "list",
            elided=parsed.elided or len(parsed.values) > MAX_VALUES_PER_TENSOR,
            commas=commas,
            dotted=parsed.dotted,
            scientific=parsed.scientific,
            integers=parsed.integers,
            room=room,
        )
        self._put(node, "[")

    def comma(self) -> None:
        """A comma between children."""
        if self._stack and self._stack[-1].clean:
            self._stack[-1].commas = True

    def dots(self) -> None:
        """An ellipsis between children."""
        if self._stack and self._stack[-1].clean:
            self._stack[-1].elided = True

    def scale(self, factor: float) -> None:
        """A common factor ahead of the children (`1.00000e-02 *`)."""
        if self._stack:
            self._stack[-1].scale = factor

    def option(self, text: str) -> None:
        """A keyword such as `size=(0, 3)` behind the values."""
        found = _SIZE.search(text)
        if found and self._stack:
            numbers = found[1].split(",")
            if len(numbers) <= 8 and all(len(n.strip()) < 10 for n in numbers):
                self._stack[-1].size = tuple(int(n) for n in numbers)

    def interrupt(self, at: int, *, broken: bool = True) -> None:
        """Something that can't stand in a clean bracket, at position `at`.

        broken: what is open was cut off; a maker or a nested list is kept as far as it came.
        """
        first = len(self._stack)
        while first and self._stack[first - 1].clean:
            first -= 1
        clean = self._stack[first:]
        if not clean:
            return
        for frame in clean:
            frame.clean = False
        keep = len(clean)
        if broken:
            keep = next((i for i, frame in enumerate(clean) if self._worth_keeping(clean[i:])), keep)
        for frame in clean[:keep]:
            self._spill(frame)
        if keep < len(clean):
            self._rescue(clean[keep:], at)

    def close(self, bracket: str, end: int) -> None:
        """A closing bracket that ends at `end`."""
        wanted = _PAIR[bracket]
        if not self._stack:
            return
        top = self._stack[-1]
        actual = "(" if top.bracket == "m" else top.bracket
        if actual != wanted:
            self.interrupt(end - 1)
            if len(self._stack) > 1 and self._stack[-2].bracket in (wanted, "m" if wanted == "(" else wanted):
                del self._stack[-2:]
            return
        self._stack.pop()
        if not top.clean:
            return
        if top.bracket == "m":
            self._close_maker(top, end)
        elif top.bracket == "[":
            self._close_list(top, end)
        else:
            self._close_tuple(top, end)

    def finish(self, end: int) -> None:
        """The text ended: what is still open was cut off."""
        self.interrupt(end)
        self._stack.clear()

    # ---------------------------------------------------------------- closing

    def _close_list(self, frame: Frame, end: int) -> None:
        if frame.child_bracket == "number" or frame.children == 0:
            shape: tuple[int, ...] = (len(frame.values),)
        elif frame.ragged or len(frame.values) >= MAX_VALUES_PER_TENSOR:
            shape = (len(frame.values),)
        else:
            shape = (frame.children, *(frame.child_shape or ()))
        self._put(self._node(frame, end, shape, "list"), "[")

    def _close_tuple(self, frame: Frame, end: int) -> None:
        if frame.children == 0:
            self.interrupt(end, broken=False)
            return
        if frame.child_bracket == "number":
            if frame.integers and min(frame.values) >= 0:
                self.interrupt(end, broken=False)  # (4, 3) is a shape
                return
            if frame.children == 1 and not frame.commas:
                self.interrupt(end, broken=False)
                self._emit(self._node(frame, end, (), "number"))
                return
        if frame.child_bracket == "[":
            self.interrupt(end, broken=False)
            self._spill(frame)
            return
        shape = (frame.children, *(frame.child_shape or ())) if not frame.ragged else (len(frame.values),)
        self._put(self._node(frame, end, shape, "list"), "(")

    def _close_maker(self, frame: Frame, end: int) -> None:
        if frame.children != 1:
            self.interrupt(end, broken=False)
            self._spill(frame)
            return
        shape = frame.child_shape or ()
        if not frame.values and frame.size is not None and 0 in frame.size:
            shape = frame.size
        node = self._node(frame, end, shape, frame.form)
        top = self.top
        if top is not None and not shape and top.bracket == "[":
            settle(node)
            parsed = Parsed(list(node.values), list(node.halves), node.elided)
            self.add(parsed, node.start, node.end, commas=True)
            return
        self.interrupt(end, broken=False)
        node.loose = not shape and node.form == "tensor"
        self._emit_settled(node)

    def _put(self, node: Node, bracket: str) -> None:
        """Hand a finished bracket to the one around it, or out."""
        top = self.top
        if top is None:
            self._emit_settled(node)
            return
        fits = top.child_shape is None or (top.child_shape == node.shape and top.child_bracket == bracket)
        in_maker = any(frame.bracket == "m" for frame in self._stack if frame.clean)
        if not fits and not in_maker and not (top.elided or node.elided):
            self.interrupt(node.start, broken=False)
            self._emit_settled(node)
            return
        self._mark(top, node.shape, bracket, node.start, node.end)
        room = MAX_VALUES_PER_TENSOR - len(top.values)
        top.values.extend(node.values[:room])
        top.halves.extend(node.halves[:room])
        top.elided |= node.elided or len(node.values) > room
        top.commas |= node.commas
        top.room = min(top.room, node.room)
        if node.values:
            self._looks(top, node.dotted, node.scientific, node.integers)

    # ---------------------------------------------------------------- helpers

    @staticmethod
    def _mark(top: Frame, shape: tuple[int, ...], bracket: str, start: int, end: int) -> None:
        top.parts.extend((start, end, len(top.values)))
        top.children += 1
        if top.child_shape is None:
            top.child_shape, top.child_bracket = shape, bracket
        elif top.child_shape != shape or top.child_bracket != bracket:
            top.ragged = True

    @staticmethod
    def _looks(top: Frame, dotted: bool, scientific: bool, integers: bool) -> None:
        top.dotted &= dotted
        top.scientific |= scientific
        top.integers &= integers

    @staticmethod
    def _node(frame: Frame, end: int, shape: tuple[int, ...], form: Form) -> Node:
        values, halves = frame.values, frame.halves
        if frame.scale != 1.0:
            values = array("d", (v * frame.scale for v in values))
            halves = array("d", (h * abs(frame.scale) for h in halves))
        return Node(
            frame.start,
            end,
            values,
            halves,
            shape,
            form,
            elided=frame.elided,
            commas=frame.commas,
            dotted=frame.dotted,
            scientific=frame.scientific,
            integers=frame.integers,
            room=ANY_ROOM if frame.bracket == "m" else frame.room,
            scale=frame.scale,
        )

    def _emit_settled(self, node: Node) -> None:
        if not node.values and node.form == "list":
            return
        settle(node)
        self._emit(node)

    def _spill(self, frame: Frame) -> None:
        """Emit the children of a bracket that turned out to be a collection: lists one by one."""
        if frame.child_bracket == "number" and not frame.ragged:
            if frame.values and not frame.integers:
                node = self._node(frame, frame.parts[-2], (len(frame.values),), "row")
                node.start = frame.parts[0]
                if len(frame.values) == 1:
                    node.shape, node.form = (), "number"
                self._emit(node)
            return
        starts, ends, firsts = frame.parts[0::3], frame.parts[1::3], frame.parts[2::3]
        for i in range(frame.children):
            first = firsts[i]
            last = firsts[i + 1] if i + 1 < frame.children else len(frame.values)
            shape = frame.child_shape or ()
            if frame.ragged or math.prod(shape) != last - first:
                shape = (last - first,)
            if last == first:
                continue
            self._emit_settled(
                Node(
                    starts[i],
                    ends[i],
                    frame.values[first:last],
                    frame.halves[first:last],
                    shape,
                    "list",
                    commas=frame.commas,
                    dotted=frame.dotted,
                    scientific=frame.scientific,
                    integers=frame.integers,
                    room=frame.room,
                )
            )

    @staticmethod
    def _worth_keeping(frames: list[Frame]) -> bool:
        if any(frame.bracket == "(" for frame in frames):
            return False
        if frames[0].bracket == "m":
            return any(frame.values for frame in frames)
        return sum(len(frame.values) for frame in frames) > 1

    def _rescue(self, frames: list[Frame], at: int) -> None:
        """One elided tensor out of brackets that never closed."""
        outer = frames[0]
        values, halves = array("d"), array("d")
        end = outer.start + 1
        for frame in frames:
            values.extend(frame.values)
            halves.extend(frame.halves)
            if frame.parts:
                end = max(end, frame.parts[-2])
        form: Form = next((frame.form for frame in frames if frame.bracket == "m"), "list")
        holders = [frame for frame in frames if frame.values]
        shape: tuple[int, ...] = (len(values),)
        if len(holders) == 1 and not holders[0].ragged and holders[0].bracket == "[":
            shape = (holders[0].children, *(holders[0].child_shape or ()))
            if math.prod(shape) != len(values):
                shape = (len(values),)
        node = Node(
            outer.start,
            min(end, at) if end > outer.start else at,
            array("d", (v * outer.scale for v in values)),
            array("d", (h * abs(outer.scale) for h in halves)),
            shape,
            form,
            elided=True,
            commas=any(frame.commas for frame in frames),
            dotted=all(frame.dotted for frame in holders),
            scientific=any(frame.scientific for frame in frames),
            room=ANY_ROOM if form != "list" else min(frame.room for frame in frames),
        )
        if values:
            self._emit_settled(node)
