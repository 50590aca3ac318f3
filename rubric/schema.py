"""What a teacher writes in an assignment folder, as Pydantic models.

A folder holds

- ``rubric.yaml``: one `Rubric`;
- ``canonical.py``: ``quantities(world)``, the solution in any `World`: a dict of name to tensor, array or
  number;
- ``prelude.py`` (optional): Python run in the kernel before the student's first cell, with the
  world's public parameters bound to ``WORLD`` (a dict: name, seed, scale, precision); it must
  contain nothing secret. Without one, ``prelude.py`` beside this file moves the seeds, and
  ``prelude_more.py`` (optional) runs behind that;
- ``mistakes.py`` (optional): ``MISTAKES``, a sequence of `Mistake`, and
  ``variant(world, ids) -> Mapping[str, torch.Tensor] | None``, the quantities somebody gets who
  made all of these mistakes (None where they can't be combined); optionally
  ``candidates(words) -> Sequence[Mistake]``, further ones that the words and numbers in a notebook's
  code suggest (another seed, other learning rates), whose ids ``variant`` accepts too.

The grader knows an assignment only through these four files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("expected a number")
    return value


Number = Annotated[float, BeforeValidator(_no_truth)]
Whole = Annotated[int, BeforeValidator(_no_truth)]
_DOTTED = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$"
Disclosure = Literal["full", "hints", "none"]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Points = Annotated[Number, Field(ge=0, le=1000, allow_inf_nan=False)]
Share = Annotated[Number, Field(ge=0, le=1, allow_inf_nan=False)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class World(_Model):
    """The seed, scale and print options under which notebook and reference are computed."""

    name: Identifier = Field(description="named in reports")
    seed: Whole = Field(
        ge=0, lt=2**32, description="the seed that the handout's seed stands for in this world"
    )
    scale: Number = Field(default=1.0, gt=0, description="factor on the standard deviation of normal draws")
    precision: Whole | None = Field(
        default=None,
        ge=1,
        le=17,
        description="digits that numpy and torch print; null leaves the student's print options alone",
    )
    autograd_factor: Number = Field(
        default=1.0,
        gt=0,
        allow_inf_nan=False,
        description="what torch's autograd hands back in this world is multiplied by this, and so must be "
        "what quantities() and variant() give of it; 1: left alone. With 0.6875 a gradient of "
        "loss.backward() differs from the same gradient computed by hand. Not in the first world",
    )
    files: str | None = Field(
        default=None,
        description="folder in the assignment's, whose files lie beside the notebook in this world; "
        "they replace files of the same name that a student hands in",
    )

    @property
    def without_autograd(self) -> Self:
        """The same world, as somebody sees it who computes derivatives by other means."""
        return self if self.autograd_factor == 1 else self.model_copy(update={"autograd_factor": 1.0})


@dataclass(frozen=True, slots=True)
class Mistake:
    """One known misconception, as `mistakes.py` lists it.

    message: teaches the student, without the answer. detail: for the assistant.
    touches: what it changes, matched by `BehaviourCheck.broken_by` (for example "network", "seed").
    easier: the wrong problem is easier than the right one, so nothing follows through from it.
    signs: words and numbers (see `grader.judging.source.Code.words`) of which at least one stands in the
        code of whoever makes it; empty where nothing tells. They decide between mistakes that give the same
        numbers, and a mistake without its signs is not sought in company.
    state: no mistake where the right value stands beside it, but another state of the same notebook: after an
        update, or drawn again.
    hints: words that make it likelier than others with the same numbers and the same likelihood; without
        them it is not less likely.
    rare: far less likely than the others; sought in company only where a sign stands in the code, and if
        it is a candidate, only beside what was found already.
    """

    id: str
    message: str
    detail: str
    touches: frozenset[str]
    easier: bool = False
    signs: frozenset[str] = frozenset()
    rare: bool = False
    hints: frozenset[str] = frozenset()
    state: bool = False


class Tolerance(_Model):
    """Float error of an honest computation, added to both ends of every printed interval."""

    rtol: Number = Field(
        default=1e-5, ge=0, lt=0.1, description="relative to the largest magnitude in the tensor"
    )
    atol: Number = Field(default=1e-12, ge=0, description="absolute, for tensors that are all zero")


class Partial(_Model):
    """Credit for a tensor that is right in part."""

    at_least: Share = Field(default=0.5, description="smallest share of right elements that earns anything")
    share: Share = Field(default=0.5, description="share of the points at most; scaled by the right elements")


class AssignmentLimits(_Model):
    """How long and large a notebook may get; null: the grader's own. No limit takes points."""

    cell_s: Number | None = Field(
        default=None, gt=0, le=86_400, description="seconds of one cell, which is then interrupted"
    )
    notebook_s: Number | None = Field(default=None, gt=0, le=86_400, description="seconds of all cells")
    memory_mib: Whole | None = Field(
        default=None, ge=64, le=1 << 20, description="MiB on top of Python with torch"
    )
    packages: tuple[str, ...] = Field(
        default=(), description="modules that notebooks import; without them no class is graded"
    )


class _Check(_Model):
    id: Identifier
    title: str = Field(description="what was asked, in the words of the handout")
    points: Points
    hint: str = Field(default="", description="shown to the student when the check does not pass")


class TensorCheck(_Check):
    """A printed tensor against its reference."""

    kind: Literal["tensor"]
    quantity: Identifier = Field(description="name in the mapping that canonical.quantities returns")
    labels: tuple[Annotated[tuple[Identifier, ...], Field(min_length=1)], ...] = Field(
        min_length=1,
        description="alternatives; each is a list of vocabulary entries that must all occur in a label",
    )
    sign: Literal["fixed", "free", "rows", "columns"] = Field(
        default="fixed",
        description="free: all of it negated is as right, in each world apart (an eigenvector); rows, "
        "columns: each of them may be negated by itself (eigenvectors in a matrix)",
    )
    by_autograd: bool = Field(
        default=False,
        description="to be computed by torch's autograd: right values that come from elsewhere are no answer "
        "beside those of autograd, and alone a person decides. Needs a world with an autograd_factor",
    )
    made_with: tuple[str, ...] = Field(
        default=(),
        description="names (see Requirement.any_of); where no value of the notebook comes from autograd, a "
        "right one passes only if the cell that printed it, or what that cell calls, uses one of them",
    )
    tolerance: Tolerance | None = Field(
        default=None, description="of this quantity, in place of the rubric's"
    )
    also: tuple[Identifier, ...] = Field(
        default=(),
        description="quantities of the same shape that are as right (a variance by n and by n - 1)",
    )
    order: Literal["fixed", "free"] = Field(
        default="fixed",
        description="free: its rows, or the numbers of a vector, in any order (centres, eigenvalues)",
    )
    layout: Literal["free", "fixed"] = Field(
        default="free", description="fixed: transposed is wrong (a confusion matrix)"
    )
    at_least: Number | None = Field(
        default=None,
        description="every number this large is right, if it was computed (an accuracy); the solution's own "
        "value tells only in which worlds it can be reached",
    )
    at_most: Number | None = Field(default=None, description="every number no larger is right, likewise")

    of: Literal["prints", "variable"] = Field(
        default="prints",
        description="variable: it need not be printed, its value is taken from the kernel after all cells",
    )
    names: tuple[Annotated[str, Field(pattern=_DOTTED)], ...] = Field(
        default=(),
        description="of the variable, the first that there is (`W1`, `net.fc.weight`); none: the quantity's",
    )
    calls: str | dict[Identifier, str] | None = Field(
        default=None,
        description="a call of the student's function whose value is judged (`softmax([1.0, 2.0])`), or one "
        "for each world by its name; other inputs in the second world tell what was typed in",
    )

    def asked_in(self, world: str) -> tuple[str, ...]:
        """What the kernel is asked in a world, the first that it can answer; nothing where prints answer."""
        if self.calls is not None:
            return (self.calls if isinstance(self.calls, str) else self.calls.get(world, ""),)
        return (self.names or (self.quantity,)) if self.of == "variable" else ()

    @property
    def bounded(self) -> bool:
        """Is it right within bounds, whatever the solution's own value is?"""
        return self.at_least is not None or self.at_most is not None


class Requirement(_Model):
    """Something the code must use."""

    any_of: tuple[str, ...] = Field(
        min_length=1, description="names (`sigmoid`), dotted ends (`random.seed`) or modules (`torch`)"
    )
    where: Literal["anywhere", "first_code_cell"] = Field(
        default="anywhere",
        description="first_code_cell: the first code cell that does more than import",
    )
    unless_shown: bool = Field(default=False, description="values that pass prove it as well as the code")
    unless_by_autograd: bool = Field(
        default=False, description="values that torch's autograd computed prove it as well as the code"
    )
    why: str = Field(description="what to tell the student when it is absent")


class BehaviourCheck(_Check):
    """Judged from what the notebook's values show and from its code, together."""

    kind: Literal["behaviour"]
    shown_by: tuple[Identifier, ...] = Field(
        min_length=1, description="tensor checks; when enough of them pass, the behaviour is shown"
    )
    enough: Whole = Field(default=1, ge=1, description="how many of shown_by must pass")
    doubted_by: tuple[Identifier, ...] = Field(
        default=(),
        description="tensor checks; a computed, wrong value that no mistake explains leaves it to a person",
    )
    broken_by: tuple[str, ...] = Field(
        default=(), description="tags of mistakes which, when diagnosed, contradict it"
    )
    requires: tuple[Requirement, ...] = ()
    forbids: tuple[str, ...] = Field(
        default=(),
        description="names that must not be used, as `Requirement.any_of` has them (`np.linalg.inv`, "
        "`nn.Linear`); used behind the values of shown_by they cost the points, used elsewhere or in a way "
        "that can't be followed a person looks",
    )


def _patterns(headings: tuple[str, ...]) -> tuple[str, ...]:
    for heading in headings:
        try:
            re.compile(heading)
        except re.error as error:
            raise ValueError(f"{heading!r} is no regular expression: {error}") from error
    return headings


class TextCheck(_Check):
    """Words, read by a person; the grader only finds them and lays the facts beside them."""

    kind: Literal["text"]
    headings: tuple[str, ...] = Field(
        min_length=1, description="regular expressions (case ignored) that find the question's heading"
    )
    mentions: tuple[str, ...] = Field(
        default=(),
        description="regular expressions (case ignored) of sentences that speak of it anywhere in the text",
    )
    facts: tuple[Identifier, ...] = Field(
        default=(), description="checks whose verdicts the reader wants to see"
    )

    _are_patterns = field_validator("headings", "mentions")(_patterns)


def _texts(value: object) -> object:
    """YAML reads `True` and `1` as something else than text; one word needs no list."""
    if isinstance(value, Mapping):
        return {name: _texts(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return tuple(str(part) for part in value)
    return (str(value),)


Words = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class WordCheck(_Check):
    """A word under its name: a truth value, a term, one of several."""

    kind: Literal["word"]
    labels: tuple[Annotated[tuple[Identifier, ...], Field(min_length=1)], ...] = Field(
        min_length=1, description="as those of a tensor check"
    )
    answers: Annotated[Words | dict[Identifier, Words], BeforeValidator(_texts)] = Field(
        description="the right words, or the right ones of each world by its name; case, spaces, hyphens and "
        "quotes do not matter, and yes and ja are True"
    )
    wrong: Words = Field(
        default=(), description="words that earn nothing; any other one than these waits for a person"
    )
    from_data: bool = Field(
        default=True,
        description="false: the answer does not depend on the data, so one that is typed in is as good",
    )

    def answers_in(self, world: str) -> tuple[str, ...]:
        """The right words in a world."""
        return self.answers.get(world, ()) if isinstance(self.answers, Mapping) else self.answers


class ManualCheck(_Check):
    """A plot, a derivation, a cell: what stands below a heading, looked at by a person."""

    kind: Literal["manual"]
    headings: tuple[str, ...] = Field(
        min_length=1, description="regular expressions (case ignored) that find the question's heading"
    )
    wants: Literal["anything", "picture"] = Field(
        default="anything", description="picture: it is said where none is shown below the heading"
    )

    _are_patterns = field_validator("headings")(_patterns)


Check = Annotated[
    TensorCheck | BehaviourCheck | TextCheck | WordCheck | ManualCheck, Field(discriminator="kind")
]


class Question(_Model):
    """One question of the handout."""

    id: Identifier
    title: str
    checks: tuple[Check, ...] = Field(min_length=1)

    @property
    def points(self) -> float:
        return sum(c.points for c in self.checks)


class Messages(_Model):
    """Wording of the verdicts, where it is to be another than the report's own."""

    passed: str | None = None
    partial: str | None = None
    fail: str | None = None
    missing: str | None = None
    review: str | None = None
    follow_through: str | None = None
    typed_in: str | None = None


class Rubric(_Model):
    """An assignment: questions, checks, points, tolerances, worlds, wording."""

    id: Identifier
    version: str = Field(description="change it whenever a mark can change")
    title: str
    language: str = Field(default="en", description="of the pages; one that the grader speaks: en, de")
    due: datetime | None = Field(default=None, description="with a time zone; later uploads are flagged")
    late_penalty_per_day: Share = Field(default=0.0, description="share of the score taken per day begun")
    rounding: Number | None = Field(
        default=None,
        gt=0,
        le=100,
        description="the score is rounded to a multiple of it (0.5), halves up",
    )
    participation: Share = Field(
        default=0.0, description="share of the questions students are advised to address"
    )
    notebook: str | tuple[str, ...] | None = Field(
        default=None,
        description="glob that names the notebook to grade when a student hands in several; a list of globs "
        "names several that are graded together, in this order, each in a kernel of its own",
    )
    disclosure: Disclosure = Field(
        default="full",
        description="what the student's report tells: expected values, diagnoses only, or verdicts only",
    )
    self_check: Literal["found", "verdicts", "hints"] = Field(
        default="found",
        description="what `grader check` tells before the deadline: what was found and is reproducible, "
        "also whether the one print under its name is right, also why not; never expected values, never "
        "which of several prints is right, never more than disclosure",
    )
    limits: AssignmentLimits = AssignmentLimits()
    released: bool = Field(
        default=False,
        description="written by `grader rubric release`, which puts shapes in place of the solution: such a "
        "folder checks a notebook and can't grade one",
    )
    tolerance: Tolerance = Tolerance()
    partial: Partial = Partial()
    follow_through: Share = Field(
        default=0.5, description="share of the points for results that are right given an earlier mistake"
    )
    worlds: tuple[World, ...] = Field(
        min_length=1, description="the first is the handout's own; a check passes when it holds in all"
    )
    vocabulary: dict[Identifier, tuple[str, ...]] = Field(
        description="words, symbols and code by which students call a thing, in any language"
    )
    asides: Identifier | None = Field(
        default=None,
        description="vocabulary entry of words that mark a print as something beside the answer "
        "(by hand, expected, previous homework)",
    )
    messages: Messages = Messages()
    questions: tuple[Question, ...] = Field(min_length=1)

    @property
    def points(self) -> float:
        return sum(q.points for q in self.questions)

    @property
    def notebooks(self) -> tuple[str, ...]:
        """The globs of `notebook`."""
        return (self.notebook,) if isinstance(self.notebook, str) else self.notebook or ()

    def checks(self) -> Iterator[TensorCheck | BehaviourCheck | TextCheck | WordCheck | ManualCheck]:
        for question in self.questions:
            yield from question.checks

    def telling(self, most: Disclosure | None) -> Self:
        """The same, with students told no more than `most`; None for what the rubric says."""
        order: tuple[Disclosure, ...] = ("none", "hints", "full")
        least = min((self.disclosure, most or "full"), key=order.index)
        return self if least == self.disclosure else self.model_copy(update={"disclosure": least})

    def tensor_checks(self) -> tuple[TensorCheck, ...]:
        """The numeric checks, in order."""
        return tuple(c for c in self.checks() if isinstance(c, TensorCheck))

    def taken_checks(self) -> tuple[TensorCheck, ...]:
        """Those whose value the kernel is asked for, in order."""
        return tuple(c for c in self.tensor_checks() if c.of == "variable" or c.calls is not None)

    def labelled_checks(self) -> tuple[TensorCheck | WordCheck, ...]:
        """Those whose answer stands under a name, in order."""
        return tuple(c for c in self.checks() if isinstance(c, TensorCheck | WordCheck))

    def tolerance_of(self, quantity: str) -> Tolerance:
        """That of the checks that ask for a quantity, else the rubric's own."""
        own = (c.tolerance for c in self.tensor_checks() if quantity in (c.quantity, *c.also))
        return next(filter(None, own), self.tolerance)

    @model_validator(mode="after")
    def _every_call_can_be_made(self) -> Self:
        names = {w.name for w in self.worlds}
        for check in self.taken_checks():
            if isinstance(check.calls, Mapping) and check.calls.keys() != names:
                raise ValueError(
                    f"checks.{check.id}.calls names {', '.join(sorted(check.calls))}, expected every world: "
                    f"{', '.join(sorted(names))}"
                )
            for text in {t for name in names for t in check.asked_in(name)}:
                try:
                    compile(text, "calls", "eval")
                except (SyntaxError, ValueError) as error:
                    raise ValueError(
                        f"checks.{check.id}: {text!r} is no Python expression: {error}"
                    ) from error
        return self

    @model_validator(mode="after")
    def _every_world_has_a_right_word(self) -> Self:
        names = {w.name for w in self.worlds}
        for check in self.checks():
            if isinstance(check, WordCheck) and not self.released:
                if isinstance(check.answers, Mapping) and check.answers.keys() != names:
                    raise ValueError(
                        f"checks.{check.id}.answers names {', '.join(sorted(check.answers))}, expected every "
                        f"world: {', '.join(sorted(names))}"
                    )
                if not all(map(check.answers_in, names)):
                    raise ValueError(f"checks.{check.id}.answers is empty, expected the right words")
        return self

    @model_validator(mode="after")
    def _quantities_are_asked_in_one_way(self) -> Self:
        """What holds for a quantity (sign, order, layout, tolerance) holds for all checks of it."""
        for check in self.tensor_checks():
            if check.bounded and (check.also or check.tolerance or check.order == "free"):
                raise ValueError(
                    f"checks.{check.id}: at_least and at_most take no also, tolerance or order: every number "
                    "within the bounds is right"
                )
            low, high = check.at_least, check.at_most
            if low is not None and high is not None and low > high:
                raise ValueError(f"checks.{check.id}.at_least is {low:g}, expected at most at_most, {high:g}")
            for other in self.tensor_checks():
                named = {other.quantity, *other.also} & {check.quantity, *check.also}
                if named and not (check.bounded or other.bounded) and _way(check) != _way(other):
                    raise ValueError(
                        f"checks.{check.id} and checks.{other.id} ask for {min(named)}, expected the same "
                        "also, tolerance, sign, order and layout in both"
                    )
        return self

    def _names_are_known(self, check: Check, ids: list[str], tensors: set[str]) -> None:
        if isinstance(check, TensorCheck | WordCheck):
            for word in {w for alternative in check.labels for w in alternative}:
                _known(f"checks.{check.id}.labels", word, self.vocabulary, "a vocabulary entry")
        elif isinstance(check, BehaviourCheck):
            for where in ("shown_by", "doubted_by"):
                for name in getattr(check, where):
                    _known(f"checks.{check.id}.{where}", name, tensors, "the id of a tensor check")
            if check.enough > len(check.shown_by):
                raise ValueError(
                    f"checks.{check.id}.enough is {check.enough}, "
                    f"expected at most the {len(check.shown_by)} checks of shown_by"
                )
        elif isinstance(check, TextCheck):
            for name in check.facts:
                _known(f"checks.{check.id}.facts", name, ids, "a check id")

    @model_validator(mode="after")
    def _names_are_consistent(self) -> Self:
        ids = [c.id for c in self.checks()]
        tensors = {c.id for c in self.tensor_checks()}
        _no_twice("check id", ids)
        _no_twice("question id", [q.id for q in self.questions])
        _no_twice("world name", [w.name for w in self.worlds])
        if self.worlds[0].autograd_factor != 1:
            raise ValueError("worlds: the first one has an autograd_factor, expected the handout's own world")
        multiplied = any(w.autograd_factor != 1 for w in self.worlds)
        for tensor in self.tensor_checks():
            if tensor.by_autograd and not multiplied:
                raise ValueError(
                    f"checks.{tensor.id}.by_autograd is true, expected a world with an autograd_factor"
                )
        if self.asides is not None:
            _known("asides", self.asides, self.vocabulary, "a vocabulary entry")
        for check in self.checks():
            self._names_are_known(check, ids, tensors)
        if self.released and self.self_check != "found":
            raise ValueError(
                f"self_check is {self.self_check!r}, expected 'found': a release has no solution"
            )
        if self.due is not None and self.due.tzinfo is None:
            raise ValueError("due has no time zone, expected for example 2026-06-09T14:25:00+02:00")
        return self


def _way(check: TensorCheck) -> tuple[object, ...]:
    names = frozenset({check.quantity, *check.also})
    return names, check.tolerance, check.sign, check.order, check.layout


def _no_twice(what: str, names: list[str]) -> None:
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ValueError(f"{what} {twice[0]!r} is used twice, expected unique names")


def _known(where: str, name: str, known: object, kind: str) -> None:
    names = sorted(known)  # type: ignore[call-overload]
    if name not in names:
        raise ValueError(f"{where} names {name!r}, expected {kind}: {', '.join(names)}")
