"""Right values that stand somewhere in the outputs, where no print of their own was found (pure).

A column of an odd table, entries in a sentence, instances in another order, a common power of ten before
the brackets: which print answers a check was not understood, or was taken for something else, but the numbers
stand there, in every world. Only a person can say whether they are meant; nothing is `missing` or `fail`
before that.
"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from grader.assignment.values import Array, margin
from grader.extract.numbers import literal_half_unit
from grader.judging.decision import Decision
from grader.models import Output, PrintedTensor, Said
from rubric.schema import TensorCheck, Tolerance

Bools = npt.NDArray[np.bool_]

_NUMBER = re.compile(r"(?<![\w.,])[-−+]?(?:\d++(?:\.\d*+)?+|\.\d++)(?:[eE][-−+]?\d{1,6}+)?+(?!\w)")
_POWER = re.compile(  # of ten that stands for itself, and is no part of a number
    r"(?<![\d.])10\s*(?:\^|\*\*)\s*[({]*\s*[-−+]?\d|(?<![\d.])10[⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹]+|\*\^\s*[-−]?\d"
    r"|[×x*·]\s*1\.?0*e[-−+]?\d+|(?<![\d.])1\.?0*e[-−+]?\d+\s*[×x*·(\[]"
)
_SIGN = re.compile(r"(?<![\w)\]])[-−] \d*\.\d|(?<!\w)\(\d*\.\d+(?:[eE][-+]\d{1,3})?\)")  # `- 0.5`, `(0.5)`
_OTHER_SPELLING = re.compile(
    r"¯(?=[\d.])|(?<=\d)[\u2009\u202f](?=\d{3})|(?<=\d)[Dd](?=[-+−]\d{2})|[–—‒](?=[\d.])"
)
_RAISED = re.compile(r" ?(?:[×x*·]|&times;) ?10(?:<sup>|\^)([-−–+]?\d{1,3})(?:</sup>|\^)")
_RATIO = re.compile(r"(?<![\w./])(?:Fraction\()?(-?\d{1,300}+)(?:, |/)(\d{1,300}+)(?![\w./])")
_NO_IMAGINARY = re.compile(r"(?<=[\d.])[-+]0(?:\.0*+)?j\b")
_WIDE = str.maketrans({"．": ".", "٫": ".", "－": "-", "，": ", "})
_ASSERTED = re.compile(r"^AssertionError:", re.MULTILINE)
_POWERS = tuple(k for k in range(-12, 13) if k)
_MOST = 20_000  # printed numbers of one place that are searched
_WORK = 20_000_000  # comparisons of one search
_ACCIDENT = -6.0  # log10 of the probability that numbers which happen to stand there fit
_MAY_BE = -3.0  # the same for what is a zero otherwise, though nothing else was shown
_MOST_OF_IT = 0.5  # of a value that was not found as a whole: so much of it is not nothing
_LINES = 50_000  # characters of one output that are read


@dataclass(frozen=True, slots=True)
class _Place:
    """The numbers of one cell, or of all, in one world.

    powers: does a power of ten stand there alone? signs: do signs stand apart, or brackets for them?
    """

    value: Array
    half: Array
    powers: bool
    signs: bool


@dataclass
class Numbers:
    """All numbers that were printed in each world, by cell; under None those of the whole notebook.

    silent: cells of each world that did not say what they said in the first: assertions hold nothing there,
        and a run may have ended before them.
    """

    worlds: list[dict[int | None, list[_Place]]] = field(default_factory=list)
    silent: list[set[int | None]] = field(default_factory=list)

    @classmethod
    def of(cls, printed: Sequence[Sequence[PrintedTensor]], outputs: Sequence[Sequence[Output]]) -> Numbers:
        """printed, outputs: of each world."""
        given = outputs or [()] * len(printed)
        asserted = (
            {o.cell for o in given[0] if o.kind == "error" and _ASSERTED.search(o.text)} if given else set()
        )
        raised = [{o.cell for o in world if o.kind == "error"} for world in given]
        spoken = [{cell for o in world if o.text or o.html for cell in (o.cell, None)} for world in given]
        return cls(
            [_by_cell(p, o) for p, o in zip(printed, given, strict=True)],
            [{*(asserted - r), *(spoken[0] - s)} for r, s in zip(raised, spoken, strict=True)],
        )


def _by_cell(printed: Sequence[PrintedTensor], outputs: Sequence[Output]) -> dict[int | None, list[_Place]]:
    """Numbers as they were extracted, and as they stand in the text, since each may miss some."""
    extracted: dict[int | None, list[tuple[float, float]]] = defaultdict(list)
    read: dict[int | None, list[tuple[float, float]]] = defaultdict(list)
    powers: dict[int | None, bool] = defaultdict(bool)
    signs: dict[int | None, bool] = defaultdict(bool)
    for tensor in printed:
        for cell in (tensor.cell, None):
            extracted[cell] += zip(tensor.values, tensor.half_unit, strict=True)
    for output in outputs:
        text = _spelled(output.text[:_LINES])
        numbers, power, sign = list(_numbers(text)), bool(_POWER.search(text)), bool(_SIGN.search(text))
        for cell in (output.cell, None):
            read[cell] += numbers
            powers[cell] |= power
            signs[cell] |= sign
    found: dict[int | None, list[_Place]] = defaultdict(list)
    for kind in (extracted, read):
        for cell, pairs in kind.items():
            array = np.asarray(pairs[:_MOST], dtype=np.float64).reshape(-1, 2)
            finite = array[np.isfinite(array).all(axis=1)]
            found[cell].append(_Place(finite[:, 0], finite[:, 1], powers[cell], signs[cell]))
    return found


def _spelled(text: str) -> str:
    """A text with its numbers as a person reads them: digits of any script, ratios, raised exponents."""
    if not text.isascii():
        text = "".join(c if c.isascii() or not c.isdecimal() else str(int(c)) for c in text)
        text = text.translate(_WIDE)
    text = _NO_IMAGINARY.sub("", _RAISED.sub(r"e\1", text))
    text = _RATIO.sub(_divided, text) if "/" in text or "Fraction" in text else text
    return _OTHER_SPELLING.sub(_plain, text)


def _divided(ratio: re.Match[str]) -> str:
    if ratio[0].startswith("Fraction") == ("," in ratio[0]) and int(ratio[2]):
        return f"{ratio[0]} {float(Fraction(int(ratio[1]), int(ratio[2])))!r} "
    return ratio[0]


def _plain(spelling: re.Match[str]) -> str:
    return {"d": "e", **dict.fromkeys("¯–—‒", "-")}.get(spelling[0].lower(), "")


def _numbers(text: str) -> Iterator[tuple[float, float]]:
    """Every number of a text, and half a unit of its last digit."""
    for match in _NUMBER.finditer(text):
        mantissa, _, exponent = match[0].replace("−", "-").lower().partition("e")
        decimals = len(mantissa.partition(".")[2])
        power = int(exponent or 0)
        if abs(power) < 300:
            yield float(f"{mantissa}e{power}"), 0.5 * 10.0 ** (power - decimals)


_STEPS = (1, 2, 3, 4)  # numbers from one element to the next, where each stands behind others


class Unread:
    """The numbers of a text that was not read, in their order."""

    def __init__(self, texts: Sequence[str]) -> None:
        spelled = _NUMBER.findall("\n".join(texts).replace("−", "-"))
        self._value = np.array(array("d", map(float, spelled)))
        self._half = np.array(array("d", map(literal_half_unit, spelled)))

    def holds(self, expected: Array, tolerance: Tolerance) -> bool:
        """Do the expected values stand there one after the other, as they are, transposed or negated?"""
        slack = margin(expected, tolerance)
        orders = [sign * flat for flat in (expected.ravel(), expected.T.ravel()) for sign in (1.0, -1.0)]
        return any(self._in_a_row(order, slack, step) for order in orders for step in _STEPS)

    def _in_a_row(self, values: Array, slack: float, step: int) -> bool:
        at = np.arange(max(0, self._value.size - step * (values.size - 1)))
        for n, value in enumerate(values):
            here = at + n * step
            at = at[np.abs(self._value[here] - value) <= self._half[here] + slack]
            if not at.size:
                return False
        return True


def among(
    check: TensorCheck,
    expected: Sequence[Array],
    numbers: Numbers,
    tolerance: Tolerance,
    *,
    absent: bool = False,
) -> Decision | None:
    """`review` where the expected values stand among the printed numbers of every world; else None.

    expected: the reference in each world. absent: no other value was shown for it; then most of it is enough.
    """
    most, accident = (_MOST_OF_IT, _MAY_BE) if absent else (1.0, _ACCIDENT)
    cells = sorted(c for c in numbers.worlds[0] if c is not None) if numbers.worlds else []
    for cell in (*cells, *([None] if len(cells) > 1 else [])):
        found = [
            _found(e, w.get(cell, ()), tolerance)
            for e, w, silent in zip(expected, numbers.worlds, numbers.silent, strict=True)
            if cell not in silent
        ]
        together = np.all([f[0] for f in found], axis=0)
        accidents = [float(f[1][together].sum()) for f in found]
        if (
            together.mean() >= most
            and sum(accidents) <= accident
            and all(a <= accident / 2 for a in accidents[1:])  # the first may print few digits
        ):
            text = Said("These values stand among others that were printed; a person decides.")
            if cell is not None:
                text = Said(
                    "These values stand among others that were printed in cell {cell}; a person decides.",
                    {"cell": cell + 1},
                )
            return Decision(check.id, "review", None, text, shown=bool(together.all()))
    return None


def _found(expected: Array, places: Sequence[_Place], tolerance: Tolerance) -> tuple[Bools, Array]:
    """Which elements stand there, and log10 of how probable each is by accident, read in the best way."""
    flat = expected.ravel()
    best: tuple[Bools, Array] = np.zeros(flat.size, dtype=np.bool_), np.zeros(flat.size)
    unsigned = [(np.abs(flat), replace(p, value=np.abs(p.value))) for p in places if p.signs]
    for sought, place in (*((flat, p) for p in places), *unsigned):
        for power in (0, *(_POWERS if place.powers else ())):
            shown = sought * 10.0**power
            found = _standing(shown, margin(shown, tolerance), place)
            if (found[0].sum(), -found[1].sum()) > (best[0].sum(), -best[1].sum()):
                best = found
    return best


def _standing(values: Array, slack: float, place: _Place) -> tuple[Bools, Array]:
    if not place.value.size or values.size * place.value.size > _WORK:
        return np.zeros(values.size, dtype=np.bool_), np.zeros(values.size)
    apart = np.abs(place.value[None, :] - values[:, None])
    fits = apart <= place.half[None, :] + slack
    equal = (np.abs(values[None, :] - values[:, None]) <= slack).sum(axis=1)
    stands = fits.sum(axis=1) >= equal
    if fits[stands].any(axis=0).sum() < stands.sum():  # one number, as a factor 0.5, stands for one element
        return np.zeros(values.size, dtype=np.bool_), np.zeros(values.size)
    size = np.abs(values)
    near = np.maximum((apart <= 0.5 * size[:, None]).sum(axis=1), 1)
    whole = (place.value == np.round(place.value)) & (place.half <= 0.5)
    reach = np.where(whole, 0.5, place.half)[None, :] + slack
    widest = np.where(fits, reach, 0.0).max(axis=1)
    if values.size == 1 and fits.any():  # a coarser number that fits, too, tells nothing
        widest = np.where(fits, reach, np.inf).min(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = np.where(size > 0, near * 2 * widest / size, 1.0)
        accident = np.log10(np.clip(chance, 1e-12, 1.0))
    return stands, np.where(stands, accident, 0.0)
