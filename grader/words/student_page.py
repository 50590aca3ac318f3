"""What the reports say, in English and German. Rubrics bring the wording of their own checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grader.models import Status, VerdictName

Language = Literal["en", "de"]

MARKS: dict[VerdictName, str] = {"pass": "✓", "partial": "◐", "fail": "✗", "missing": "–", "review": "?"}


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences of one language; braces are filled in by the renderers. Pairs: for one, for several."""

    language: Language
    decimal: str
    title: str
    skip: str
    no_name: str
    decided: tuple[str, str]
    all_decided: tuple[str, str]
    not_graded: str
    not_graded_why: str
    ungraded_advice: dict[Status, str]
    waiting: tuple[str, str]
    late: tuple[str, str]
    days: tuple[str, str]
    participation: str
    participation_advice: str
    unisolated: str
    ran_badly: str
    raised: str
    more_raised: tuple[str, str]
    after_error: str
    stopped_at: str
    not_run: str
    packages: str
    points: tuple[str, str]
    question: str
    result: str
    not_addressed: str
    printed: str
    printed_label: str
    begins: str
    you_printed: str
    you_wrote: str
    wrote: str
    begins_with: str
    relaid: str
    yours: str
    expected: str
    yours_and_expected: str
    departs: str
    worst_full: str
    worst_hint: str
    element: str
    element_matrix: str
    wrong: str
    hint: str
    waits: tuple[str, str]
    some_wait: str
    overview: str
    in_short: str
    your_cells: str
    your_cells_note: str
    your_run: str
    your_run_note: str
    output_of: str
    picture: str
    left_out: tuple[str, str]
    read_by: str
    cell: str
    cut: str
    made_by: str
    layouts: dict[str, str]
    verdicts: dict[VerdictName, str]
    statuses: dict[Status, str]


EN = Words(
    language="en",
    decimal=".",
    title="Report for {name}",
    skip="Skip to the result",
    no_name="your submission",
    decided=("{score} of {max} point so far.", "{score} of {max} points so far."),
    all_decided=("{score} of {max} point.", "{score} of {max} points."),
    not_graded="Not graded yet.",
    not_graded_why="This is not a mark. {why}",
    ungraded_advice={
        "unreadable": "Does the file that you handed in open in Jupyter? If it does not, save your notebook "
        "once more as .ipynb, and ask whoever teaches the course whether you may hand it in again.",
        "sandbox_error": "You need not do anything: it will be graded again.",
    },
    waiting=(
        "{pending} point waits for a person to read your work.",
        "{pending} points wait for a person to read your work.",
    ),
    days=("{n} day", "{n} days"),
    late=(
        "Handed in after the due date, {days} begun: {points} point ({share} %) is taken off.",
        "Handed in after the due date, {days} begun: {points} points ({share} %) are taken off.",
    ),
    participation="You addressed {done} of {all} questions.",
    participation_advice="The handout advises at least {share} %.",
    unisolated="This notebook ran without isolation. The result is only as trustworthy as its author.",
    ran_badly="When your notebook ran",
    raised="Cell {cell} raised {name}: {message}",
    more_raised=(
        "{n} more error; often the first one is the cause of the others.",
        "{n} more errors; often the first one is the cause of the others.",
    ),
    after_error="Cells after an error still ran.",
    stopped_at="{why} The cells after cell {cell} did not run.",
    not_run="Your notebook did not run to its end",
    packages="Not installed where notebooks are graded: {names}",
    points=("{score} of {max} point", "{score} of {max} points"),
    question="Question",
    result="Result",
    not_addressed="not addressed",
    printed="You printed in cell {cell}",
    printed_label="You printed in cell {cell}, labelled {label}",
    begins="the cell begins {source}",
    you_printed="What you printed",
    you_wrote="What you wrote",
    wrote="You wrote in cell {cell}",
    begins_with="begins",
    relaid="You printed them {layout}; here they are laid out like the reference.",
    yours="yours",
    expected="expected",
    yours_and_expected="Your values beside the expected ones",
    departs="{count} of {all} values differ; they are marked ✗.",
    worst_full="Furthest off is {where}: you have {actual}, expected is {expected}.",
    worst_hint="Furthest off is {where}: you have {actual}.",
    element="element {index}",
    element_matrix="element {index} (row {row}, column {column})",
    wrong="What is wrong",
    hint="What to try",
    waits=("{max} point, waiting for a person", "{max} points, waiting for a person"),
    some_wait=", {points} waiting",
    overview="Points by question",
    in_short="In short",
    your_cells="Your notebook's cells",
    your_cells_note="As you handed them in, counted from 1 with text cells included.",
    your_run="Your notebook as we ran it",
    your_run_note="What each cell printed here stands below it; prints that answer a question are "
    "coloured. Cells are counted from 1 with text cells included.",
    output_of="Printed by cell {cell}",
    picture="Picture {n} shown by cell {cell}",
    left_out=(
        "{n} picture of this cell is not shown here: it is too large, or no PNG.",
        "{n} pictures of this cell are not shown here: they are too many, too large, or no PNGs.",
    ),
    read_by="A person reads your answer.",
    cell="Cell {cell}",
    cut="cut here",
    made_by="Made from report.json by grader {grader}, rubric {rubric} version {version}, file {sha}.",
    layouts={
        "transposed": "transposed",
        "split by row": "row by row",
        "split by column": "column by column",
        "split by element": "one by one",
    },
    verdicts={
        "pass": "correct",
        "partial": "partly correct",
        "fail": "not correct",
        "missing": "not found",
        "review": "a person decides",
    },
    statuses={
        "ok": "ran to its end",
        "error": "a cell raised an error",
        "timeout": "took too long",
        "killed": "the kernel was killed",
        "output_limit": "printed too much",
        "memory_limit": "used too much memory",
        "unreadable": "the file could not be read as a notebook",
        "sandbox_error": "our side failed",
    },
)

DE = Words(
    language="de",
    decimal=",",
    title="Bericht für {name}",
    skip="Zum Ergebnis springen",
    no_name="Ihre Abgabe",
    decided=("Bisher {score} von {max} Punkt.", "Bisher {score} von {max} Punkten."),
    all_decided=("{score} von {max} Punkt.", "{score} von {max} Punkten."),
    not_graded="Noch nicht bewertet.",
    not_graded_why="Das ist keine Note. {why}",
    ungraded_advice={
        "unreadable": "Lässt sich die abgegebene Datei in Jupyter öffnen? Wenn nicht, speichern Sie Ihr "
        "Notebook noch einmal als .ipynb und fragen Sie im Kurs, ob Sie es erneut abgeben dürfen.",
        "sandbox_error": "Sie müssen nichts tun: Die Bewertung wird wiederholt.",
    },
    waiting=(
        "Über {pending} Punkt entscheidet noch eine Person, die Ihre Arbeit liest.",
        "Über {pending} Punkte entscheidet noch eine Person, die Ihre Arbeit liest.",
    ),
    days=("{n} Tag", "{n} Tage"),
    late=(
        "Nach dem Abgabetermin abgegeben, {days} angefangen: {points} Punkt ({share} %) wird abgezogen.",
        "Nach dem Abgabetermin abgegeben, {days} angefangen: {points} Punkte ({share} %) werden abgezogen.",
    ),
    participation="Sie haben {done} von {all} Aufgaben bearbeitet.",
    participation_advice="Das Blatt empfiehlt mindestens {share} %.",
    unisolated="Dieses Notebook lief ohne Abschottung; das Ergebnis ist so vertrauenswürdig wie sein Autor.",
    ran_badly="Beim Ausführen Ihres Notebooks",
    raised="Zelle {cell} brach ab mit {name}: {message}",
    more_raised=(
        "{n} weiterer Fehler; oft ist der erste die Ursache der anderen.",
        "{n} weitere Fehler; oft ist der erste die Ursache der anderen.",
    ),
    after_error="Zellen nach einem Fehler liefen trotzdem.",
    stopped_at="{why} Die Zellen nach Zelle {cell} liefen nicht.",
    not_run="Ihr Notebook lief nicht bis zum Ende",
    packages="Dort, wo bewertet wird, nicht installiert: {names}",
    points=("{score} von {max} Punkt", "{score} von {max} Punkten"),
    question="Aufgabe",
    result="Ergebnis",
    not_addressed="nicht bearbeitet",
    printed="Ihre Ausgabe in Zelle {cell}",
    printed_label="Ihre Ausgabe in Zelle {cell}, beschriftet {label}",
    begins="die Zelle beginnt {source}",
    you_printed="Ihre Ausgabe",
    you_wrote="Ihre Antwort",
    wrote="Sie schrieben in Zelle {cell}",
    begins_with="beginnt",
    relaid="Ausgegeben haben Sie sie {layout}; hier sind sie angeordnet wie die Vorgabe.",
    yours="Ihre",
    expected="erwartet",
    yours_and_expected="Ihre Werte neben den erwarteten",
    departs="{count} von {all} Werten weichen ab; sie sind mit ✗ markiert.",
    worst_full="Am weitesten daneben liegt {where}: Sie haben {actual}, erwartet ist {expected}.",
    worst_hint="Am weitesten daneben liegt {where}: Sie haben {actual}.",
    element="Element {index}",
    element_matrix="Element {index} (Zeile {row}, Spalte {column})",
    wrong="Was nicht stimmt",
    hint="Was Sie versuchen können",
    waits=("{max} Punkt, eine Person entscheidet", "{max} Punkte, eine Person entscheidet"),
    some_wait=", {points} offen",
    overview="Punkte je Aufgabe",
    in_short="Kurz gesagt",
    your_cells="Die Zellen Ihres Notebooks",
    your_cells_note="Wie abgegeben, ab 1 gezählt, Textzellen eingeschlossen.",
    your_run="Ihr Notebook, wie es bei uns lief",
    your_run_note="Unter jeder Zelle steht, was sie hier ausgab; Ausgaben, die eine Aufgabe beantworten, "
    "sind gefärbt. Ab 1 gezählt, Textzellen eingeschlossen.",
    output_of="Ausgabe von Zelle {cell}",
    picture="Bild {n}, gezeigt von Zelle {cell}",
    left_out=(
        "{n} Bild dieser Zelle fehlt hier: Es ist zu groß oder kein PNG.",
        "{n} Bilder dieser Zelle fehlen hier: Es sind zu viele, sie sind zu groß oder keine PNGs.",
    ),
    read_by="Eine Person liest Ihre Antwort.",
    cell="Zelle {cell}",
    cut="hier gekürzt",
    made_by="Erstellt aus report.json von grader {grader}, Schema {rubric} Version {version}, Datei {sha}.",
    layouts={
        "transposed": "transponiert",
        "split by row": "zeilenweise",
        "split by column": "spaltenweise",
        "split by element": "einzeln",
    },
    verdicts={
        "pass": "richtig",
        "partial": "teilweise richtig",
        "fail": "nicht richtig",
        "missing": "nicht gefunden",
        "review": "eine Person entscheidet",
    },
    statuses={
        "ok": "lief bis zum Ende",
        "error": "eine Zelle brach mit einem Fehler ab",
        "timeout": "brauchte zu lange",
        "killed": "der Kernel wurde beendet",
        "output_limit": "gab zu viel aus",
        "memory_limit": "brauchte zu viel Speicher",
        "unreadable": "die Datei ließ sich nicht als Notebook lesen",
        "sandbox_error": "ein Fehler auf unserer Seite",
    },
)


def words(language: Language) -> Words:
    """The sentences of a rubric's language."""
    return DE if language == "de" else EN


def points(value: float, spoken: Words = EN) -> str:
    """Points without needless digits: 10, 87.5, in German 87,5."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", spoken.decimal)
