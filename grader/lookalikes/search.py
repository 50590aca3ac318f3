"""Submissions whose code is alike, as pairs for a person to read. Never a verdict.

Names, comments, strings and blanks are normalised, and passages compared by winnowed fingerprints
(Schleimer, Wilkerson, Aiken 2003), both by copydetect; only the hash is our own, because copydetect takes
Python's, which differs from run to run, and with it which passages are kept of a large class. What a large
part of the class shares (the handout's own code, the obvious way) says nothing and is left out.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.models import Submission
from grader.text import visible

NOISE = 25
"""characters of normalised code; shorter passages in common are chance"""
GUARANTEE = 40
"""characters of normalised code; also in a large class every longer passage in common is found"""
LARGE = 1_000
"""submissions from which on only some of the fingerprints are kept, for the sake of memory"""
COMMON = 0.2
"""share of the class from which on a passage is common property"""
COMMON_AT_LEAST = 4
ALIKE = 0.6
"""share of a submission's own code that is also in the other"""
ENOUGH = 150
"""characters of normalised code of one's own, below which nothing can be said"""
_LONGEST = 200_000
_MOST_SHARERS = 50
_NEIGHBOURS = 12


@dataclass(frozen=True, slots=True)
class SubmittedCode:
    """One submission's code cells. team: those who hand in together are not compared."""

    id: str
    name: str
    team: str
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two submissions. share: of the first's own code that is in the second, and the other way round.

    passages: spans in each text that are alike.
    """

    first: SubmittedCode
    second: SubmittedCode
    share: tuple[float, float]
    passages: tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]

    @property
    def most(self) -> float:
        """The larger share, by which pairs are ordered."""
        return max(self.share)


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """identical: groups with the same code but for names, comments and blanks. compared: how many were."""

    identical: tuple[tuple[SubmittedCode, ...], ...]
    pairs: tuple[Pair, ...]
    compared: int
    too_short: int


def code_of(submission: Submission) -> SubmittedCode:
    """The code of a submission, cell by cell."""
    student = submission.student
    text = "\n\n".join(f"# cell {c.index + 1}\n{c.source}" for c in submission.cells if c.kind == "code")
    return SubmittedCode(
        id=submission.id,
        name=student.name or submission.id,
        team=student.group or student.id or submission.id,
        text=visible(text[:_LONGEST]),
    )


def find(codes: Iterable[SubmittedCode]) -> Lookalikes:
    """Groups of identical and pairs of near-identical code, the most alike first."""
    known = list(codes)
    window = 1 if len(known) < LARGE else GUARANTEE - NOISE + 1
    prints = [(c, _fingerprint(c.text, window)) for c in known]
    groups: dict[str, list[int]] = defaultdict(list)
    for i, (_, made) in enumerate(prints):
        normal = "".join(made.filtered_code.split())
        if len(normal) >= ENOUGH:
            groups[hashlib.sha256(normal.encode()).hexdigest()].append(i)
    # One of each group stands for it, so that twenty copies of one notebook do not become common property.
    leaders = [members[0] for members in groups.values()]
    _leave_out_common([prints[i][1] for i in leaders])
    own = [i for i in leaders if len(prints[i][1].hashes) and prints[i][1].token_coverage >= ENOUGH]
    pairs = [
        pair
        for a, b in _candidates([(i, prints[i][1]) for i in own])
        if (pair := _compare(prints[a], prints[b])) is not None
    ]
    identical = [
        tuple(prints[i][0] for i in members)
        for members in groups.values()
        if len({prints[i][0].team for i in members}) > 1
    ]
    return Lookalikes(
        identical=tuple(sorted(identical, key=lambda g: (-len(g), g[0].id))),
        pairs=tuple(sorted(pairs, key=lambda p: (-p.most, p.first.id, p.second.id))),
        compared=len(prints),
        too_short=len(prints) - sum(len(m) for m in groups.values()),
    )


@dataclass(slots=True)
class _Fingerprint:
    """What `copydetect.compare_files` compares: hash → where it stands in the normalised code."""

    filtered_code: str
    offsets: npt.NDArray[np.int64]
    hash_idx: dict[int, list[int]]
    hashes: set[int]
    token_coverage: float = 0.0
    k: int = NOISE

    def cover(self) -> None:
        """Count the characters that its fingerprints cover."""
        from copydetect.utils import get_token_coverage  # with matplotlib: only who compares loads it

        self.token_coverage = float(get_token_coverage(self.hash_idx, self.k, len(self.filtered_code)))


def _fingerprint(text: str, window: int) -> _Fingerprint:
    from copydetect.utils import filter_code, winnow

    normal, offsets = filter_code(text, "", "python")
    places: dict[int, list[int]] = defaultdict(list)
    hashes = _hashes(normal)
    if len(hashes):
        for value, place in zip(*winnow(hashes, window, remove_duplicates=False), strict=True):
            places[int(value)].append(int(place))
    made = _Fingerprint(normal, offsets, dict(places), set(places))
    made.cover()
    return made


def _hashes(text: str) -> npt.NDArray[np.int64]:
    """A hash of each passage of `NOISE` characters, the same today and tomorrow."""
    letters = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    count = len(letters) - NOISE + 1
    if count < 1:
        return np.empty(0, np.int64)
    hashes = np.zeros(count, np.uint64)
    for i in range(NOISE):
        hashes = hashes * np.uint64(0x100000001B3) + letters[i : i + count]
    for shift in (33, 29):  # so that every bit decides which is the smallest of a window
        hashes = (hashes ^ (hashes >> np.uint64(shift))) * np.uint64(0xFF51AFD7ED558CCD)
    return hashes.astype(np.int64)


def _leave_out_common(prints: Sequence[_Fingerprint]) -> None:
    counts: Counter[int] = Counter()
    for made in prints:
        counts.update(made.hashes)
    most = max(COMMON_AT_LEAST, COMMON * len(prints))
    common = {h for h, n in counts.items() if n > most}
    for made in prints:
        made.hashes = made.hashes - common
        made.hash_idx = {h: places for h, places in made.hash_idx.items() if h not in common}
        made.cover()


def _candidates(prints: Sequence[tuple[int, _Fingerprint]]) -> list[tuple[int, int]]:
    """Pairs that share enough fingerprints to be worth a look, without comparing everybody with everybody.

    Of the many who share one, each is paired with the next few only, in an order that is the same for all
    fingerprints: who shares most of them with a large ring is paired with several of it.
    """
    holders: dict[int, list[int]] = defaultdict(list)
    for i, made in prints:
        for value in made.hashes:
            holders[value].append(i)
    shared: Counter[tuple[int, int]] = Counter()
    for members in holders.values():
        reach = len(members) if len(members) <= _MOST_SHARERS else _NEIGHBOURS
        shared.update((a, b) for n, a in enumerate(members) for b in members[n + 1 : n + 1 + reach])
    sizes = {i: len(made.hashes) for i, made in prints}
    return [pair for pair, n in shared.items() if n >= 0.5 * ALIKE * min(sizes[pair[0]], sizes[pair[1]])]


def _compare(a: tuple[SubmittedCode, _Fingerprint], b: tuple[SubmittedCode, _Fingerprint]) -> Pair | None:
    from copydetect import compare_files

    if a[0].team == b[0].team:
        return None
    _, (one, two), (left, right) = compare_files(a[1], b[1])
    if max(one, two) < ALIKE:
        return None
    return Pair(a[0], b[0], (min(1.0, float(one)), min(1.0, float(two))), (_spans(left), _spans(right)))


def _spans(slices: Any) -> tuple[tuple[int, int], ...]:
    return tuple((int(start), int(end)) for start, end in zip(*slices, strict=True))
