"""What the desk says beside its page: to the script, in reasons to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from grader.models import Said
from grader.words.speech import Speech

Kind = Literal["cause", "text", "print", "lookalike", "flag", "ungraded"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Words for the student, and what they are worth: a share of the points, 0 to 1."""

    share: float
    text: str


_LIVE = {
    "show_names": Said("show names"),
    "hide_names": Said("hide names"),
    "counted": Said("{n} of {all} settled"),
    "no_answer": Said("The desk does not answer: is `grader review` still running?"),
    "refused": Said("The desk refused ({status})."),
    "choose": Said("Choose at least one student."),
    "students": Said("{n} students"),
    "noted": Said("noted"),
    "given": Said("{points} of {max} points"),
    "worth": Said("{points} points"),
    "worth_one": Said("1 point"),
    "by": Said("{points} points, {by}"),
    "by_one": Said("1 point, {by}"),
    "nothing_to_undo": Said("There is nothing to undo."),
    "taken_back": Said("Taken back: {who}, {what}."),
    "nothing": Said("Nothing waits for a person."),
    "side_by_side": Said("side by side"),
    "facts": Said("What the notebook prints"),
    "printed": Said("printed"),
    "expected": Said("expected"),
    "report": Said("report"),
    "members": Said("Students"),
    "points": Said("points"),
    "reason": Said("reason"),
    "own_note": Said("a note of your own"),
    "own_reason": Said("a reason of your own; the student reads it"),
    "mark": Said("mark"),
    "reasons": Said("Reasons"),
    "notebook": Said("the notebook of {who}"),
    "no_notebook": Said("The executed notebook is not kept here; grade it again with --force."),
    "cell": Said("Cell {n}"),
    "second": Said("all of {who}’s answers"),
    "close": Said("back to what waits"),
    "choose_student": Said("a second look at…"),
    "automatic": Said("the grader: {verdict}, {points} of {max}"),
    "automatic_open": Said("the grader: a person decides, {max} points"),
    "stands": Said("{by} gave {points}: {reason}"),
    "commented": Said("{by} wrote: {reason}"),
    "change": Said("give these points"),
    "add": Said("add or take off"),
    "comment": Said("only a comment"),
    "take_back": Said("take back"),
    "changed": Said("{who}, {what}: done."),
    "look_words": Said("why; the student reads it"),
    "picture": Said("Picture {n} shown by cell {cell}"),
}
"""for the script, which fills the holes"""

_KINDS: Mapping[Kind, Said] = {
    "cause": Said("Could not run here"),
    "print": Said("Prints that could not be judged"),
    "text": Said("Written answers"),
    "lookalike": Said("Look-alikes"),
    "flag": Said("Flags"),
    "ungraded": Said("Not graded"),
}

_REASONS: Mapping[Kind, tuple[tuple[float, Said], ...]] = {
    "cause": (
        (
            1.0,
            Said("It did not run here; a person looked at the outputs saved in your file: they are right."),
        ),
        (0.5, Said("It did not run here; a person found the outputs saved in your file right in part.")),
        (
            0.0,
            Said("It did not run here; a person looked at the outputs saved in your file: they are not it."),
        ),
    ),
    "text": (
        (1.0, Said("Answered, and it fits your results.")),
        (0.5, Said("Answered, but without saying what you compared.")),
        (0.5, Said("What you write does not fit what your notebook prints.")),
        (0.0, Said("This does not answer the question.")),
    ),
    "print": (
        (1.0, Said("The values you printed are right.")),
        (0.5, Said("Right values, but which of several prints is the answer can't be told.")),
        (0.0, Said("The values you printed are not the ones asked for.")),
        (0.0, Said("These numbers are not computed by your notebook.")),
    ),
    "lookalike": (
        (0.0, Said("Looked at: independent work.")),
        (0.0, Said("Looked at: to be talked about with the students.")),
    ),
    "flag": (
        (0.0, Said("Looked at: fine.")),
        (0.0, Said("Looked at: to be talked about with the student.")),
    ),
    "ungraded": (
        (0.0, Said("Asked the student for a readable file.")),
        (0.0, Said("Looked at: to be graded by hand.")),
    ),
}

_CODE = (
    (1.0, Said("A person read your code: it is right.")),
    (0.5, Said("A person read your code: it is right in part.")),
    (0.0, Said("A person read your code: it is not right.")),
)
"""where nothing was printed that could be judged"""


def live(speak: Speech) -> dict[str, str]:
    """Templates for the script."""
    return {name: speak.of(said) for name, said in _LIVE.items()}


def kinds(speak: Speech) -> dict[Kind, str]:
    """What each kind of thing to settle is called."""
    return {name: speak.of(said) for name, said in _KINDS.items()}


def reasons(kind: Kind, printed: bool, speak: Speech) -> tuple[Reason, ...]:
    """Reasons to choose from for a kind of thing to settle, the best for the student first.

    printed: whether there is a print or a saved output to be judged; else a person reads the code.
    """
    code = kind in ("cause", "print") and not printed
    return tuple(Reason(share, speak.of(said)) for share, said in (_CODE if code else _REASONS[kind]))
