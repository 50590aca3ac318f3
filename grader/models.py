"""The frozen records that pass between the steps, top to bottom.

Pydantic where a record is written to disk or comes from outside; plain frozen dataclasses
where a notebook can produce hundreds of thousands of them (printed tensors).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

import pydantic.dataclasses
from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 1


class Record(BaseModel):
    """Base of every serialised record: immutable, and closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# ------------------------------------------------------------------------ sentences

_HOLE = re.compile(r"\{(\w+)(!r)?(?::([,.\d]{0,4}[a-z%]?))?\}")
_BARE = "{said}"
_COMMA = str.maketrans(".,", ",.")


@pydantic.dataclasses.dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Said:
    """A sentence as data, put into words where somebody reads it, by `grader.words`; `str` gives the English.

    text: the English template, the message id of the catalogues; a hole is `{name}`, `{name!r}` (in
        quotes) or `{name:.0%}`.
    values: what fills the holes, other sentences and rows of them too. What a student or a rubric wrote is
        always a value.
    plural: the template where the value `n` is not one; empty where there is nothing to count.
    """

    text: str
    values: Mapping[str, Value] = field(default_factory=dict)
    plural: str = ""

    def __str__(self) -> str:
        return self.rendered(Said._english)

    def _english(self) -> str:
        return self.plural if self.plural and self.values.get("n") != 1 else self.text

    def rendered(self, template: Callable[[Said], str], decimal: str = ".") -> str:
        """In words. template: gives the template of one sentence in the reader's language. decimal: its sign
        between whole and broken numbers; with a comma there, a point stands between thousands.

        A row of sentences is joined by blanks, one of other values by commas. A hole that no value fills,
        and one with a format that its value does not take, stays readable.
        """

        def filled(hole: re.Match[str]) -> str:
            value = self.values.get(hole[1])
            if value is None:
                return hole[0]
            if isinstance(value, Said):
                return value.rendered(template, decimal)
            if isinstance(value, tuple | list):
                parts = [v.rendered(template, decimal) if isinstance(v, Said) else str(v) for v in value]
                return (" " if any(isinstance(v, Said) for v in value) else ", ").join(filter(None, parts))
            if hole[2]:
                return repr(value)
            try:
                shown = format(value, hole[3] or "")
            except ValueError:
                return str(value)
            if decimal == "," and not isinstance(value, str):
                return shown.translate(_COMMA)
            return shown

        return _HOLE.sub(filled, self.text if self.text == _BARE else template(self))


Value: TypeAlias = "str | int | float | Said | tuple[str | int | float | Said, ...]"
Values: TypeAlias = Mapping[str, Value]
pydantic.dataclasses.rebuild_dataclass(Said)  # type: ignore[arg-type]


def verbatim(text: str) -> Said:
    """Words that are nobody's to translate: a teacher's, a student's."""
    return Said(_BARE, {"said": text})


def together(*sentences: Said) -> Said:
    """Sentences one after the other."""
    return sentences[0] if len(sentences) == 1 else Said(_BARE, {"said": sentences})


def counted(n: float, one: str, many: str, values: Values | None = None) -> Said:
    """A sentence that depends on a number, which is the value `n` in it."""
    return Said(one, {"n": n, **(values or {})}, many)


# --------------------------------------------------------------------------- intake


class Cell(Record):
    """One cell as handed in. Metadata, tags and ids are dropped on purpose: they steer nothing."""

    index: int = Field(ge=0, description="position in the notebook, counting every cell from 0")
    kind: Literal["code", "markdown", "raw"]
    source: str
    stored: str = Field(
        default="", description="text the uploaded file claims this cell printed; never graded, only compared"
    )
    failed: str = Field(default="", description="the error that the file says it ended with: `NameError`")


class AttachedFile(Record):
    """A file handed in with the notebook, copied below the kernel's directory."""

    name: str = Field(description="relative POSIX path below the top of what was handed in")
    source: str = Field(description="absolute path where the grader can read it")
    size: int = Field(ge=0)


class Flag(Record):
    """Something a person should know that is not itself a mark."""

    id: str
    message: str = Field(description="in English")
    said: Said | None = Field(default=None, description="the same, to be put into another language")

    @classmethod
    def of(cls, id: str, said: Said) -> Flag:
        """A flag with what it says."""
        return cls(id=id, message=str(said), said=said)


class Student(Record):
    """Who handed in, as far as the learning platform's file names tell."""

    id: str | None = None
    name: str | None = None
    group: str | None = None
    attempt: int | None = None
    members: tuple[str, ...] = Field(
        default=(), description="platform ids of everybody this upload counts for; empty: of `id` alone"
    )


class Alternative(Record):
    """Another notebook of the same student's, of which nobody can tell before it ran whether it answers."""

    path: str
    name: str = Field(description="as handed in, below the top of what was handed in")
    sha256: str
    cells: tuple[Cell, ...]
    folder: str = ""
    flags: tuple[Flag, ...] = ()


class Submission(Record):
    """One student's upload, before anything ran. `problem` set: it could not be read, and why."""

    id: str = Field(description="file stem, made safe and unique")
    path: str = Field(description="as given, relative to the folder that was named")
    sha256: str
    cells: tuple[Cell, ...] = ()
    files: tuple[AttachedFile, ...] = ()
    folder: str = Field(
        default="", description="the notebook's own, as `files` name it; its kernel stands there"
    )
    student: Student = Student()
    received_at: datetime | None = None
    due: datetime | None = Field(default=None, description="a due date of this student's own")
    grace_s: float = Field(default=0.0, description="seconds that this student has longer than the others")
    language: str = Field(
        default="", description="what the file says it is written in, 'R', 'python 3.13'; steers no run"
    )
    problem: Said | None = None
    flags: tuple[Flag, ...] = ()
    others: tuple[Alternative, ...] = Field(
        default=(), description="further notebooks that may answer; what they show decides"
    )
    together: bool = Field(
        default=False, description="the rubric wants this and the others graded as one, in this order"
    )
    unseen: tuple[str, ...] = Field(default=(), description="names of still more notebooks, never run")


# -------------------------------------------------------------------------- execute

Status = Literal[
    "ok",
    "error",
    "timeout",
    "killed",
    "output_limit",
    "memory_limit",
    "unreadable",
    "sandbox_error",
]


class Output(Record):
    """One thing a cell printed, in the order it arrived. Untrusted text, and at most one picture.

    Consecutive messages of one stream are joined. An `update_display_data` is a new output of
    the cell that was running when it came; it never rewrites an earlier one.
    """

    cell: int = Field(ge=0, description="index of the cell that ran, as in Cell.index")
    index: int = Field(ge=0, description="position among this cell's outputs, from 0")
    kind: Literal["stdout", "stderr", "result", "display", "error"]
    text: str = Field(default="", description="stream text or text/plain")
    html: str | None = Field(default=None, description="text/html, where the output has one")
    image: str | None = Field(
        default=None,
        description="a PNG as base64, for people to look at, never evidence; "
        "empty: a picture was shown and not kept, see grader.execute.picture",
    )


class CellError(Record):
    """A cell raised; the cells after it still ran."""

    cell: int
    name: str
    message: str = Field(description="first line of the error, at most 300 characters")
    within: str = Field(
        default="", description='the package whose code raised it, as its traceback says; "": the notebook'
    )

    @property
    def told(self) -> str:
        """As a traceback ends: `ValueError: math domain error`, `KeyboardInterrupt`."""
        return f"{self.name}: {self.message}" if self.message else self.name


RefusalKind = Literal[
    "command",  # another program
    "process",
    "device",  # a GPU
    "display",  # a window
    "network",
    "path",  # of another machine
    "file",  # that was not handed in
    "package",
    "locale",
    "question",  # to somebody at the keyboard
    "debugger",
    "version",  # of Python or a library
    "language",  # the notebook's is not Python
    "time",
    "memory",
    "output",
    "storage",
    "kernel",  # it ended
    "error",  # that may come up here alone
    "answer",  # of the machine, by which the notebook goes one way or another
]
Effect = Literal["instead", "changed", "skipped", "raised", "ended"]


class Refusal(Record):
    """Something of ours that kept a notebook from doing what it says.

    It can send a check to a person and nothing more, so that a student who forges one gains nothing.

    effect: what it did. instead: the same by other means, nothing was lost (CUDA on the processor).
        changed: an answer other than at home (`input()` is empty, a download did not happen). skipped: the
        output of a program that did not run is lost. raised: an error in the student's code. ended: a cell
        was ended, or never begun.
    """

    kind: RefusalKind
    about: str = Field(
        description="what the same cause is called for everybody: a package, a file, a program"
    )
    call: str = Field(default="", description="how the notebook asked for it")
    cell: int | None = Field(default=None, description="where; None where it concerns the whole notebook")
    effect: Effect
    lost: tuple[int, ...] = Field(
        default=(), description="cells of which something did not happen because of it, as far as known"
    )
    told_by: Literal["grader", "kernel"] = Field(
        default="grader", description="kernel: untrusted, as everything that a kernel says"
    )

    @property
    def cause(self) -> str:
        """The same for all who have the same cause."""
        return f"{self.kind}:{self.about}" if self.about else self.kind


class Isolation(Record):
    """What stood between the student's code and the machine, layer by layer."""

    tier: str = Field(description="none, base, namespaces or full")
    layers: dict[str, str] = Field(default_factory=dict, description="layer name → on, or why it is off")


class Usage(Record):
    """Resources one kernel used."""

    cpu_s: float | None = None
    peak_memory_bytes: int | None = None


class Execution(Record):
    """What came out of one notebook in one world."""

    status: Status
    message: str = Field(default="", description="one line for a person, in English; empty when status is ok")
    said: Said | None = Field(default=None, description="the message, to be put into another language")
    stopped_at: int | None = Field(default=None, description="cell that met a limit; later cells did not run")
    interrupted: tuple[int, ...] = Field(
        default=(), description="cells that exceeded their time and were interrupted; later cells ran"
    )
    refusals: tuple[Refusal, ...] = ()
    outputs: tuple[Output, ...] = ()
    taken: tuple[Output, ...] = Field(
        default=(), description="what the kernel answered after the last cell; untrusted text as well"
    )
    otherwise: tuple[Output, ...] = Field(
        default=(),
        description="what the cells showed when they ran once more as if the machine had answered otherwise",
    )
    errors: tuple[CellError, ...] = ()
    missing_packages: tuple[str, ...] = Field(
        default=(), description="imported by the notebook, absent in the kernel's environment"
    )
    isolation: Isolation = Isolation(tier="none")
    wall_s: float = 0.0
    usage: Usage = Usage()


# -------------------------------------------------------------------------- extract


@dataclass(frozen=True, slots=True)
class PrintedTensor:
    """One printed tensor, array, list, table or run of numbers.

    values: C order, one per visible element; nan and ±inf are themselves.
    half_unit: per element, half a unit of the last printed digit (0.7311 → 5e-5, 1.2e-3 → 5e-5);
        0.0 where the print is exact (an integer literal, nan, inf).
    shape: () for one bare number. Visible elements only where `elided`.
    label: text on the same line before the value, or its key in a dict or tuple of pairs.
    after: text on the same line behind the value, up to the next value.
    above: nearest text line above that holds no value ("" if none in this output).
    above_distance: 1 when that line is directly above the first line of the value;
        larger when other values lie between; 0 when there is none.
    section: of two such lines between two values the upper one, until there are two again.
    """

    values: tuple[float, ...]
    half_unit: tuple[float, ...]
    shape: tuple[int, ...]
    elided: bool = False
    form: Literal["tensor", "array", "list", "table", "row", "number"] = "tensor"
    label: str = ""
    after: str = ""
    above: str = ""
    above_distance: int = 0
    cell: int = 0
    output: int = 0
    span: tuple[int, int] = (0, 0)
    channel: Literal["stdout", "stderr", "result", "display", "error"] = "result"
    section: str = ""


# --------------------------------------------------------------------- judge, score

VerdictName = Literal["pass", "partial", "fail", "missing", "review"]


class Evidence(Record):
    """Which printed text answers a check, and why we think so."""

    cell: int
    output: int
    span: tuple[int, int]
    label: str
    text: str = Field(description="the quoted print, shortened")
    shape: tuple[int, ...]
    layout: str = Field(description="as expected, transposed, split over rows, …")
    reasons: tuple[str, ...] = Field(
        description="value, label, shape, order, code; autograd or other means, where the worlds tell"
    )
    digits: float = Field(description="significant digits that tell the reference from the known mistakes")
    worlds: tuple[str, ...] = Field(description="worlds in which this print was seen")
    beside: tuple[str, ...] = Field(
        default=(), description="other values printed for this that do not count, and why"
    )
    actual: Any = Field(default=None, description="printed values, nested lists in the reference's layout")
    agrees: Any = Field(default=None, description="nested lists of booleans, same layout as actual")


class Diagnosis(Record):
    """The misconception that reproduces the student's numbers."""

    ids: tuple[str, ...] = Field(description="mistake ids; several when a combination explains the numbers")
    message: str = Field(description="for the student: teaches, without the answer")
    detail: str = Field(description="for the assistant: exactly what reproduces the numbers")
    alternatives: tuple[str, ...] = Field(
        default=(), description="other mistakes that give the very same numbers; empty when only one does"
    )
    said: Said | None = Field(default=None, description="the message, to be put into another language")
    said_detail: Said | None = Field(default=None, description="the detail, to be put into another language")

    @classmethod
    def of(
        cls, ids: tuple[str, ...], said: Said, detail: Said | None = None, alternatives: tuple[str, ...] = ()
    ) -> Diagnosis:
        """A diagnosis with what it says; the assistant reads the same where there is no detail."""
        detail = detail or said
        return cls(
            ids=ids,
            message=str(said),
            detail=str(detail),
            alternatives=alternatives,
            said=said,
            said_detail=detail,
        )


class Answer(Record):
    """A written answer as the judge found it."""

    text: str
    cell: int = Field(ge=0, description="position of the cell in which it begins, from 0")
    cells: tuple[int, ...] = Field(
        default=(), description="all that belong to it, where a person looks at cells and their pictures"
    )
    pictures: tuple[str, ...] = Field(default=(), description="digests of the pictures that these show")


class Witness(Record):
    """What the outputs saved in the upload show for one check. For a person to look at, never evidence."""

    fits: bool = Field(description="matched as a run's prints are, they are right in the handout's world")
    cell: int | None = None
    text: str = Field(default="", description="the quoted print, shortened; untrusted")


class CheckResult(Record):
    """One check of the rubric, decided. score is null while a person has to decide."""

    id: str
    title: str
    verdict: VerdictName
    score: float | None
    max_score: float
    message: str = Field(description="for the student, in English, the rubric's hint with it")
    said: Said | None = Field(
        default=None, description="the message without the hint, to be put into another language"
    )
    hint: str = Field(default="", description="the rubric's, where it helps")
    typed_in: bool = Field(
        default=False, description="its numbers stand in the code, which does not compute them"
    )
    follow_through: bool = Field(default=False, description="right given an earlier mistake")
    by_hand: bool = Field(default=False, description="marked by a person, whose reason is the message")
    comment: str = Field(default="", exclude=True, description="a person's words, and no mark")
    answer: Answer | None = Field(default=None, description="the words that answer a question of text")
    cause: str | None = Field(
        default=None, description="the refusal for which it waits, the same for all who have the same"
    )
    witness: Witness | None = Field(
        default=None, description="only where there is a cause and outputs were saved"
    )
    evidence: Evidence | None = None
    diagnosis: Diagnosis | None = None
    expected: Any = Field(default=None, description="reference values of the handout's world, nested lists")


class QuestionResult(Record):
    """One question of the rubric."""

    id: str
    title: str
    score: float | None
    max_score: float
    addressed: bool
    checks: tuple[CheckResult, ...]


class SubmissionRef(Record):
    """The submission a report is about."""

    id: str
    path: str
    sha256: str
    student: Student = Student()
    received_at: datetime | None = None
    due: datetime | None = Field(default=None, description="a due date of this student's own")
    grace_s: float = Field(default=0.0, description="seconds that this student has longer than the others")


class RubricRef(Record):
    """The rubric a report was made with."""

    id: str
    version: str
    sha256: str
    title: str


class ExecutionSummary(Record):
    """Execution without the outputs, for the report."""

    status: Status
    message: str
    said: Said | None = Field(default=None, description="the message, to be put into another language")
    isolation: Isolation
    wall_s: float
    errors: tuple[CellError, ...]
    stopped_at: int | None = None
    interrupted: tuple[int, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    missing_packages: tuple[str, ...] = ()
    usage: Usage = Usage()


class WorldRef(Record):
    """A world in which the notebook ran."""

    name: str
    status: Status
    wall_s: float


class Provenance(Record):
    """What made this report."""

    grader: str
    torch: str
    python: str
    lock: str | None = Field(default=None, description="SHA-256 of the image's constraints.txt")
    image: str | None = Field(default=None, description="the container's image, as GRADER_IMAGE names it")
    worlds: tuple[WorldRef, ...]


class Late(Record):
    """An upload after the due date, and what that costs."""

    due: datetime
    days: int = Field(ge=1, description="days begun since")
    share: float = Field(ge=0, le=1, description="of the decided points, taken off")
    points: float = Field(ge=0, description="taken off: `Report.score` is the questions' sum without them")


class Report(Record):
    """One student's report: the stable contract. Everything else is rendered from it."""

    schema_version: Literal[1] = 1
    submission: SubmissionRef
    rubric: RubricRef
    execution: ExecutionSummary
    score: float | None = Field(description="decided points; null, never 0, where we could not grade")
    max_score: float
    pending: float = Field(description="points that wait for a person")
    needs_review: bool
    participation: float = Field(description="share of questions addressed, 0 to 1")
    flags: tuple[Flag, ...]
    questions: tuple[QuestionResult, ...]
    provenance: Provenance
    late: Late | None = None
    adjusted: float = Field(
        default=0.0, description="points a person added to the whole, or took off it (below zero)"
    )
    rounding: float | None = Field(default=None, description="the rubric's: the score is a multiple of it")
    of_members: tuple[tuple[str, float], ...] = Field(
        default=(),
        exclude=True,
        description="id and score of each member whose mark is another than the team's",
    )
