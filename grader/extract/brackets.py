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
from dataclasses import dataclass, field, replace

from grader.extract.nodes import MAX_VALUES_PER_TENSOR, Form, Node
from grader.extract.numbers import ANY_ROOM, Parsed
from grader.extract.precision import settle

MAX_DEPTH = 32
_CLOSED_BY = {")": "(m", "]": "[", "}": "{"}
_SIZE = re.compile(r"(?:size|shape)=\s*+\(?\[?\s*+([0-9]++(?:\s*+,\s*+[0-9]++)*+)")


@dataclass(slots=True)
class Frame:
    """An open bracket. bracket: `[`, `(`, `{`, or `m` for a maker such as `tensor(`. node: what it holds."""

    bracket: str
    node: Node
    clean: bool = True
    size: tuple[int, ...] | None = None
    parts: array[int] = field(default_factory=lambda: array("q"))  # start, end, first value of each child
    children: int = 0
    child_shape: tuple[int, ...] | None = None
    child_bracket: str = ""
    ragged: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """That of its children together; flat where they differ, or not all are kept."""
        size = len(self.node.values)
        whole = (self.children, *(self.child_shape or ()))
        return whole if not self.ragged and math.prod(whole) == size else (size,)


def _opened(bracket: str, start: int, form: Form = "list") -> Frame:
    held = Node(start, start, array("d"), array("d"), (), form, dotted=True, integers=True, room=ANY_ROOM)
    return Frame(bracket, held, clean=bracket != "{")


_BRACE = _opened("{", 0)  # never holds anything, so one will do


class Brackets:
    """The stack. Finished nodes go to `emit`; scalars that turn out to stand in prose to `loose`."""

    def __init__(self, emit: Callable[[Node], None]) -> None:
        self._emit = emit
        self._stack: list[Frame] = []

    @property
    def top(self) -> Frame | None:
        """The innermost open bracket if it is clean."""
        return self._stack[-1] if self._stack and self._stack[-1].clean else None

    @property
    def inside_collection(self) -> bool:
        """An open bracket that isn't clean surrounds this place."""
        return bool(self._stack) and not self._stack[-1].clean

    def open(self, bracket: str, start: int, form: Form = "list") -> None:
        """An opening bracket, or `m` for a maker with the form it makes."""
        if len(self._stack) >= MAX_DEPTH:
            self.interrupt(start, broken=False)
            self._stack.clear()
        top = self.top
        if bracket == "{" or (bracket == "m" and top is not None and top.bracket == "("):
            self.interrupt(start, broken=False)
        self._stack.append(_BRACE if bracket == "{" else _opened(bracket, start, form))

    def add(self, parsed: Parsed, start: int, end: int, *, commas: bool) -> None:
        """Numbers directly inside the clean top bracket, one child each."""
        top = self._stack[-1]
        for value, half in zip(parsed.values, parsed.half_units, strict=True):
            self._mark(top, (), "number", start, end)
            if len(top.node.values) < MAX_VALUES_PER_TENSOR:
                top.node.values.append(value)
                top.node.halves.append(half)
            else:
                top.node.elided = True
        top.node.elided |= parsed.elided
        top.node.commas |= commas
        top.node.room = 0
        self._looks(top.node, parsed)

    def add_row(self, node: Node) -> None:
        """A whole innermost list `[…]`."""
        self._put(node, "[")

    def comma(self) -> None:
        """A comma between children."""
        if self.top is not None:
            self.top.node.commas = True

    def dots(self) -> None:
        """An ellipsis between children."""
        if self.top is not None:
            self.top.node.elided = True

    def scale(self, factor: float) -> None:
        """A common factor ahead of the children (`1.00000e-02 *`)."""
        if self._stack:
            self._stack[-1].node.scale = factor

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
        if not self._stack:
            return
        top = self._stack[-1]
        if top.bracket not in _CLOSED_BY[bracket]:
            self.interrupt(end - 1)
            if len(self._stack) > 1 and self._stack[-2].bracket in _CLOSED_BY[bracket]:
                del self._stack[-2:]
            return
        self._stack.pop()
        if not top.clean:
            return
        if top.bracket == "m":
            self._close_maker(top, end)
        elif top.bracket == "[":
            self._put(self._node(top, end, top.shape, "list"), "[")
        else:
            self._close_tuple(top, end)

    def finish(self, end: int) -> None:
        """The text ended: what is still open was cut off."""
        self.interrupt(end)
        self._stack.clear()

    def _close_tuple(self, frame: Frame, end: int) -> None:
        numbers = frame.child_bracket == "number"
        if frame.children == 0 or (numbers and frame.node.integers and min(frame.node.values) >= 0):
            self.interrupt(end, broken=False)  # (4, 3) is a shape
        elif numbers and frame.children == 1 and not frame.node.commas:
            self.interrupt(end, broken=False)
            self._emit(self._node(frame, end, (), "number"))
        elif frame.child_bracket == "[":
            self.interrupt(end, broken=False)
            self._spill(frame)
        else:
            self._put(self._node(frame, end, frame.shape, "list"), "(")

    def _close_maker(self, frame: Frame, end: int) -> None:
        if frame.children != 1:
            self.interrupt(end, broken=False)
            self._spill(frame)
            return
        shape = frame.child_shape or ()
        if not frame.node.values and frame.size is not None and 0 in frame.size:
            shape = frame.size
        node = self._node(frame, end, shape, frame.node.form)
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
        if not fits and not in_maker and not (top.node.elided or node.elided):
            self.interrupt(node.start, broken=False)
            self._emit_settled(node)
            return
        self._mark(top, node.shape, bracket, node.start, node.end)
        room = MAX_VALUES_PER_TENSOR - len(top.node.values)
        top.node.values.extend(node.values[:room])
        top.node.halves.extend(node.halves[:room])
        top.node.elided |= node.elided or len(node.values) > room
        top.node.commas |= node.commas
        top.node.room = min(top.node.room, node.room)
        if node.values:
            self._looks(top.node, node)

    @staticmethod
    def _mark(top: Frame, shape: tuple[int, ...], bracket: str, start: int, end: int) -> None:
        top.parts.extend((start, end, len(top.node.values)))
        top.children += 1
        if top.child_shape is None:
            top.child_shape, top.child_bracket = shape, bracket
        elif top.child_shape != shape or top.child_bracket != bracket:
            top.ragged = True

    @staticmethod
    def _looks(node: Node, added: Node | Parsed) -> None:
        node.dotted &= added.dotted
        node.scientific |= added.scientific
        node.integers &= added.integers

    @staticmethod
    def _node(frame: Frame, end: int, shape: tuple[int, ...], form: Form) -> Node:
        """What a bracket holds, now that it is closed."""
        node = replace(frame.node, end=end, shape=shape, form=form)
        if node.scale != 1.0:
            node.values = array("d", (v * node.scale for v in node.values))
            node.halves = array("d", (h * abs(node.scale) for h in node.halves))
        if frame.bracket == "m":
            node.room = ANY_ROOM
        return node

    def _emit_settled(self, node: Node) -> None:
        if not node.values and node.form == "list":
            return
        settle(node)
        self._emit(node)

    def _spill(self, frame: Frame) -> None:
        """Emit the children of a bracket that turned out to be a collection: lists one by one."""
        held = frame.node
        if frame.child_bracket == "number" and not frame.ragged:
            if held.values and not held.integers:
                node = self._node(frame, frame.parts[-2], (len(held.values),), "row")
                node.start = frame.parts[0]
                if len(held.values) == 1:
                    node.shape, node.form = (), "number"
                self._emit(node)
            return
        firsts = [*frame.parts[2::3], len(held.values)]
        children = zip(frame.parts[0::3], frame.parts[1::3], firsts, firsts[1:], strict=False)
        for start, end, first, last in children:
            shape = frame.child_shape or ()
            if frame.ragged or math.prod(shape) != last - first:
                shape = (last - first,)
            if last > first:
                part = replace(held, start=start, end=end, shape=shape, form="list", elided=False, scale=1.0)
                part.values, part.halves = held.values[first:last], held.halves[first:last]
                self._emit_settled(part)

    @staticmethod
    def _worth_keeping(frames: list[Frame]) -> bool:
        if any(frame.bracket == "(" for frame in frames):
            return False
        if frames[0].bracket == "m":
            return any(frame.node.values for frame in frames)
        return sum(len(frame.node.values) for frame in frames) > 1

    def _rescue(self, frames: list[Frame], at: int) -> None:
        """One elided tensor out of brackets that never closed."""
        nodes = [frame.node for frame in frames]
        holders = [frame for frame in frames if frame.node.values]
        if not holders:
            return
        values, halves = array("d"), array("d")
        for node in nodes:
            values.extend(node.values)
            halves.extend(node.halves)
        flat = len(holders) > 1 or holders[0].bracket != "["
        outer = nodes[0]
        outer.values, outer.halves = values, halves
        outer.elided = True
        outer.commas = any(node.commas for node in nodes)
        outer.dotted = all(frame.node.dotted for frame in holders)
        outer.scientific = any(node.scientific for node in nodes)
        outer.integers = False
        outer.room = min(node.room for node in nodes)
        form: Form = next((frame.node.form for frame in frames if frame.bracket == "m"), "list")
        end = max(frame.parts[-2] for frame in frames if frame.parts)
        shape = (len(values),) if flat else holders[0].shape
        node = self._node(frames[0], min(end, at), shape, form)
        self._emit_settled(replace(node, scale=1.0, room=node.room if form == "list" else ANY_ROOM))
