"""What the desk says beside its page: to the script, in reasons to choose from."""

# ruff: noqa: E501 (reasons are read best in one line)

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
}
"""for the script, which fills the holes"""

<<<<<<< HEAD
    language: Language
    page: Mapping[str, str]
    live: Mapping[str, str]
    kinds: Mapping[Kind, str]
    reasons: Mapping[Kind, Sequence[Reason]]
    flag: str
    ungraded: str
    lookalike: str
    same_code: str
    alike: str
    fits: str
    does_not_fit: str
    nothing_saved: str
    ran: str
    gone: str
    no_points: str
    no_reason: str
    gave: str
    took_back: str
    no_report: str
    no_lookalikes: str


_EN = DeskWords(
    language="en",
    page={
        "title": "Review desk",
        "settled": "settled",
        "show_names": "show names",
        "undo": "undo",
        "help": "keys",
        "what_waits": "What waits",
        "to_item": "Skip to what is to be settled",
        "key_digits": "mark with that reason, go on to the next",
        "key_own": "points and a reason of your own; Enter marks, Esc leaves",
        "key_move": "next, previous",
        "key_undo": "undo your last mark, again for the one before",
        "key_single": "mark only the first student of a group; again for all",
        "key_notebook": "the notebook with what it printed",
        "key_report": "open the student’s report",
        "key_names": "show or hide names",
        "use_keys": "Single keys do this (off: only buttons, links and Tab)",
        "or": "or",
    },
    live={
        "show_names": "show names",
        "hide_names": "hide names",
        "counted": "{n} of {all} settled",
        "no_answer": "The desk does not answer: is `grader review` still running?",
        "refused": "The desk refused ({status}).",
        "choose": "Choose at least one student.",
        "students": "{n} students",
        "noted": "noted",
        "given": "{points} of {max} points",
        "worth": "{points} points",
        "worth_one": "1 point",
        "by": "{points} points, {by}",
        "by_one": "1 point, {by}",
        "nothing_to_undo": "There is nothing to undo.",
        "taken_back": "Taken back: {who}, {what}.",
        "nothing": "Nothing waits for a person.",
        "side_by_side": "side by side",
        "facts": "What the notebook prints",
        "printed": "printed",
        "expected": "expected",
        "report": "report",
        "members": "Students",
        "points": "points",
        "reason": "reason",
        "own_note": "a note of your own",
        "own_reason": "a reason of your own; the student reads it",
        "mark": "mark",
        "reasons": "Reasons",
        "notebook": "the notebook of {who}",
        "no_notebook": "The executed notebook is not kept here; grade it again with --force.",
        "cell": "Cell {n}",
    },
    kinds={
        "cause": "Could not run here",
        "print": "Prints that could not be judged",
        "text": "Written answers",
        "lookalike": "Look-alikes",
        "flag": "Flags",
        "ungraded": "Not graded",
    },
    reasons={
        "cause": (
            Reason(
                1.0,
                "Your notebook could not run here; a person looked at the outputs saved in it, and they are right.",
            ),
            Reason(
                0.5,
                "Your notebook could not run here; a person looked at the outputs saved in it, and they are right in part.",
            ),
            Reason(
                0.0,
                "Your notebook could not run here; a person looked at the outputs saved in it, and they do not show this.",
            ),
        ),
        "text": (
            Reason(1.0, "Answered, and it fits your results."),
            Reason(0.5, "Answered, but without saying what you compared."),
            Reason(0.5, "What you write does not fit what your notebook prints."),
            Reason(0.0, "This does not answer the question."),
        ),
        "print": (
            Reason(1.0, "The values you printed are right."),
            Reason(0.5, "Right values, but which of several prints is the answer can't be told."),
            Reason(0.0, "The values you printed are not the ones asked for."),
            Reason(0.0, "These numbers are not computed by your notebook."),
        ),
        "lookalike": (
            Reason(0.0, "Looked at: independent work."),
            Reason(0.0, "Looked at: to be talked about with the students."),
        ),
        "flag": (
            Reason(0.0, "Looked at: fine."),
            Reason(0.0, "Looked at: to be talked about with the student."),
        ),
        "ungraded": (
            Reason(0.0, "Asked the student for a readable file."),
            Reason(0.0, "Looked at: to be graded by hand."),
        ),
    },
    flag="Flag: {name}",
    ungraded="Not graded: {status}",
    lookalike="Look-alikes",
    same_code="The same code, but for names and comments.",
    alike="{first} of the first's own code is in the second, {second} the other way round. That proves "
    "nothing: read both.",
    fits="The outputs saved in the upload show these values; they fit.",
    does_not_fit="The outputs saved in the upload do not show right values for this.",
    nothing_saved="No outputs are saved in the upload.",
    ran="When it ran here: {message}.",
    gone="that is no longer in the queue; reload the page",
    no_points="{points:g} points for {what}, expected 0 to {most:g}",
    no_reason="a mark needs a reason; the student reads it",
    gave="{by} has just marked {who}, {what}: gave {points:g} points: {reason}",
    took_back="{by} has just marked {who}, {what}: took a mark back",
    no_report="no {file} there; grade it again with --force",
    no_lookalikes="no {file} there; run `grader lookalikes` again without --to",
)

_DE = DeskWords(
    language="de",
    page={
        "title": "Korrekturtisch",
        "settled": "entschieden",
        "show_names": "Namen zeigen",
        "undo": "zurücknehmen",
        "help": "Tasten",
        "what_waits": "Was wartet",
        "to_item": "Zu dem springen, was zu entscheiden ist",
        "key_digits": "mit dieser Begründung bewerten, weiter zum Nächsten",
        "key_own": "eigene Punkte und Begründung; Enter bewertet, Esc bricht ab",
        "key_move": "weiter, zurück",
        "key_undo": "die letzte Bewertung zurücknehmen, noch einmal für die davor",
        "key_single": "nur die erste Person einer Gruppe bewerten; noch einmal für alle",
        "key_notebook": "das Notebook mit dem, was es ausgab",
        "key_report": "den Bericht öffnen, den die Person bekommt",
        "key_names": "Namen zeigen oder verbergen",
        "use_keys": "Einzelne Tasten tun das (aus: nur Knöpfe, Links und Tab)",
        "or": "oder",
    },
    live={
        "show_names": "Namen zeigen",
        "hide_names": "Namen verbergen",
        "counted": "{n} von {all} entschieden",
        "no_answer": "Der Korrekturtisch antwortet nicht: Läuft `grader review` noch?",
        "refused": "Abgelehnt ({status}).",
        "choose": "Mindestens eine Person auswählen.",
        "students": "{n} Personen",
        "noted": "vermerkt",
        "given": "{points} von {max} Punkten",
        "worth": "{points} Punkte",
        "worth_one": "1 Punkt",
        "by": "{points} Punkte, {by}",
        "by_one": "1 Punkt, {by}",
        "nothing_to_undo": "Es gibt nichts zurückzunehmen.",
        "taken_back": "Zurückgenommen: {who}, {what}.",
        "nothing": "Nichts wartet auf eine Person.",
        "side_by_side": "nebeneinander",
        "facts": "Was das Notebook ausgibt",
        "printed": "ausgegeben",
        "expected": "erwartet",
        "report": "Bericht",
        "members": "Personen",
        "points": "Punkte",
        "reason": "Begründung",
        "own_note": "eine eigene Notiz",
        "own_reason": "eine eigene Begründung; sie steht im Bericht",
        "mark": "bewerten",
        "reasons": "Begründungen",
        "notebook": "das Notebook von {who}",
        "no_notebook": "Das ausgeführte Notebook liegt hier nicht; noch einmal bewerten mit --force.",
        "cell": "Zelle {n}",
    },
    kinds={
        "cause": "Lief hier nicht",
        "print": "Ausgaben, die sich nicht beurteilen ließen",
        "text": "Geschriebene Antworten",
        "lookalike": "Ähnliche Abgaben",
        "flag": "Hinweise",
        "ungraded": "Nicht bewertet",
    },
    reasons={
        "cause": (
            Reason(
                1.0,
                "Ihr Notebook lief hier nicht; eine Person hat die darin gespeicherten Ausgaben angesehen, sie sind richtig.",
            ),
            Reason(
                0.5,
                "Ihr Notebook lief hier nicht; eine Person hat die darin gespeicherten Ausgaben angesehen, sie sind zum Teil richtig.",
            ),
            Reason(
                0.0,
                "Ihr Notebook lief hier nicht; eine Person hat die darin gespeicherten Ausgaben angesehen, sie zeigen das nicht.",
            ),
        ),
        "text": (
            Reason(1.0, "Beantwortet, und passend zu Ihren Ergebnissen."),
            Reason(0.5, "Beantwortet, aber ohne zu sagen, was Sie verglichen haben."),
            Reason(0.5, "Was Sie schreiben, passt nicht zu dem, was Ihr Notebook ausgibt."),
            Reason(0.0, "Das beantwortet die Frage nicht."),
        ),
        "print": (
            Reason(1.0, "Die ausgegebenen Werte sind richtig."),
            Reason(0.5, "Richtige Werte, aber welche von mehreren Ausgaben gemeint ist, bleibt offen."),
            Reason(0.0, "Die ausgegebenen Werte sind nicht die gesuchten."),
            Reason(0.0, "Diese Zahlen berechnet Ihr Notebook nicht."),
        ),
        "lookalike": (
            Reason(0.0, "Angesehen: unabhängige Arbeiten."),
            Reason(0.0, "Angesehen: mit den Beteiligten zu besprechen."),
        ),
        "flag": (
            Reason(0.0, "Angesehen: in Ordnung."),
            Reason(0.0, "Angesehen: mit der Person zu besprechen."),
        ),
        "ungraded": (
            Reason(0.0, "Um eine lesbare Datei gebeten."),
            Reason(0.0, "Angesehen: von Hand zu bewerten."),
        ),
    },
    flag="Hinweis: {name}",
    ungraded="Nicht bewertet: {status}",
    lookalike="Ähnliche Abgaben",
    same_code="Der gleiche Code bis auf Namen und Kommentare.",
    alike="{first} des eigenen Codes der ersten steht in der zweiten, {second} umgekehrt. Das beweist "
    "nichts: beide lesen.",
    fits="Die in der Abgabe gespeicherten Ausgaben zeigen diese Werte; sie passen.",
    does_not_fit="Die in der Abgabe gespeicherten Ausgaben zeigen dafür keine richtigen Werte.",
    nothing_saved="In der Abgabe sind keine Ausgaben gespeichert.",
    ran="Als es hier lief: {message}.",
    gone="das steht nicht mehr an; die Seite neu laden",
    no_points="{points:g} Punkte für {what}, erwartet sind 0 bis {most:g}",
    no_reason="eine Bewertung braucht eine Begründung; sie steht im Bericht",
    gave="{by} hat gerade {who}, {what} bewertet: {points:g} Punkte: {reason}",
    took_back="{by} hat gerade {who}, {what} bewertet: Bewertung zurückgenommen",
    no_report="kein {file} da; noch einmal bewerten mit --force",
    no_lookalikes="kein {file} da; noch einmal `grader lookalikes`, ohne --to",
)
=======
_KINDS: Mapping[Kind, Said] = {
    "print": Said("Prints that could not be judged"),
    "text": Said("Written answers"),
    "lookalike": Said("Look-alikes"),
    "flag": Said("Flags"),
    "ungraded": Said("Not graded"),
}

_REASONS: Mapping[Kind, tuple[tuple[float, Said], ...]] = {
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


def live(speak: Speech) -> dict[str, str]:
    """Templates for the script."""
    return {name: speak.of(said) for name, said in _LIVE.items()}
>>>>>>> main


def kinds(speak: Speech) -> dict[Kind, str]:
    """What each kind of thing to settle is called."""
    return {name: speak.of(said) for name, said in _KINDS.items()}


def reasons(kind: Kind, speak: Speech) -> tuple[Reason, ...]:
    """Reasons to choose from for a kind of thing to settle, the best for the student first."""
    return tuple(Reason(share, speak.of(said)) for share, said in _REASONS[kind])
