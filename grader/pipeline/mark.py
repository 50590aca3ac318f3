"""Where a judge is in a submission, told so that it outlives the judge.

The place lies in a page of memory that the judge shares with whoever sent it the work: noting it costs
nothing, and when a limit ends the judge in the middle of one long call, the page still says where that was.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass

_STEPS = ("", "reading", "judging", "comparing", "scoring", "showing")
_LAYOUT = struct.Struct("<iii")
_GROWN = struct.Struct("<q")


@dataclass(frozen=True, slots=True)
class JudgingStep:
    """step: what was being done, see `_STEPS`; "" for nothing yet. cell, output: what was being read."""

    step: str
    cell: int = -1
    output: int = -1


class SharedMark:
    """The shared page. descriptor: of a file of `SIZE` bytes, which may be closed afterwards."""

    SIZE = mmap.PAGESIZE

    def __init__(self, descriptor: int) -> None:
        self._page = mmap.mmap(descriptor, self.SIZE)

    def note(self, step: str, cell: int = -1, output: int = -1) -> None:
        """Say what is done from now on."""
        _LAYOUT.pack_into(self._page, 0, _STEPS.index(step), cell, output)

    def place(self) -> JudgingStep:
        """What was noted last."""
        step, cell, output = _LAYOUT.unpack_from(self._page, 0)
        return JudgingStep(_STEPS[step] if 0 <= step < len(_STEPS) else "", cell, output)

    def weigh(self, grown: int) -> None:
        """Say by how many bytes the judge is larger than when it was fresh."""
        _GROWN.pack_into(self._page, _LAYOUT.size, grown)

    def grown(self) -> int:
        """What was said last; 0 at first."""
        grown: int = _GROWN.unpack_from(self._page, _LAYOUT.size)[0]
        return grown

    def close(self) -> None:
        """Let go of the page."""
        self._page.close()
