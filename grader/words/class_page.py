"""What the class page says, in English and German. Braces are filled in by the page."""

from __future__ import annotations

from dataclasses import dataclass

from grader.words.student_page import Language


@dataclass(frozen=True, slots=True)
class ClassWords:
    """Sentences of one language. Pairs are for one and for several."""

    language: Language
    decimal: str
    page: str
    title: str
    to_table: str
    hide_names: str
    alias: str
    submissions: str
    graded: str
    median: str
    mean: str
    waits: str
    not_to_end: str
    distribution: str
    distribution_label: str
    pending: tuple[str, str]
    bin: str
    participation: str
    participation_caption: str
    addressed: str
    below: str
    checks: str
    checks_caption: str
    check: str
    verdicts: str
    share: str
    all_wait: str
    misconceptions: str
    students: tuple[str, str]
    mistake: str
    seen_in: str
    filter: str
    students_read: str
    who: str
    show_in_table: str
    no_misconceptions: str
    queue: str
    queue_how: str
    queue_points: tuple[str, str]
    queue_empty: str
    lookalikes: str
    lookalikes_how: str
    lookalikes_none: str
    lookalikes_note: str
    lookalikes_caption: str
    alike: str
    same_code: str
    side_by_side: str
    more_pairs: str
    execution: str
    crashed: str
    all_ran: str
    not_graded: str
    cell: str
    time: str
    time_label: str
    time_said: str
    seconds: str
    milliseconds: str
    flags: str
    none: str
    all: str
    find: str
    find_how: str
    show: str
    everybody: str
    of: str
    columns: tuple[str, str, str, str, str, str]
    filters: dict[str, str]
    footer: str


_EN = ClassWords(
    language="en",
    decimal=".",
    page="the class",
    title="The class",
    to_table="Skip to the table of all submissions",
    hide_names="Hide names",
    alias="Student {n}",
    submissions="submissions",
    graded="graded",
    median="median, of {max}",
    mean="mean",
    waits="wait for a person",
    not_to_end="did not run to the end",
    distribution="Decided points",
    distribution_label="Submissions by decided points",
    pending=(
        "{points} point still waits for a person and is not counted.",
        "{points} points still wait for a person and are not counted.",
    ),
    bin="{count} from {low} to {high}",
    participation="Participation",
    participation_caption="Submissions by number of questions addressed",
    addressed="{n} of {all} questions",
    below="{n} below the advised {share} %",
    checks="Checks",
    checks_caption="Verdicts per check, and the share that passed of those decided",
    check="check",
    verdicts="verdicts",
    share="passed",
    all_wait="waits",
    misconceptions="Misconceptions",
    students=("student", "students"),
    mistake="mistake",
    seen_in="seen in",
    filter="filter",
    students_read="Students read:",
    who="who",
    show_in_table="show in table",
    no_misconceptions="No wrong value was traced to a known mistake.",
    queue="Waits for a person",
    queue_how="Settle these with `grader review` and this folder.",
    queue_points=("{n} × {points} point", "{n} × {points} points"),
    queue_empty="Nothing: every point is decided.",
    lookalikes="Look-alikes",
    lookalikes_how="Not looked for yet: `grader lookalikes` and this folder compares everybody's code and "
    "lists them here.",
    lookalikes_none="No two submissions have more code in common than most of the class.",
    lookalikes_note="Code in common that most of the class does not have. That proves nothing: read both, "
    "and ask.",
    lookalikes_caption="Submissions that are alike, and how much of each one's own code is in the other",
    alike="alike",
    same_code="the same but for names and comments",
    side_by_side="side by side",
    more_pairs="{n} more stand in {file}.",
    execution="Execution",
    crashed="a cell raised an error, the cells after it ran",
    all_ran="Every notebook ran to its end without an error.",
    not_graded="not graded",
    cell="cell {n}",
    time="Time used",
    time_label="Submissions by {unit} of running",
    time_said="Median {median} s, 95 % below {p95} s, all together {total} s of running. Slowest:",
    seconds="seconds",
    milliseconds="milliseconds",
    flags="Flags",
    none="None.",
    all="All submissions",
    find="Find",
    find_how="name, number, group",
    show="Show",
    everybody="everybody",
    of="{n} of {all}",
    columns=("submission", "score", "waits", "execution", "seconds", "flags"),
    filters={
        "review": "waits for a person",
        "ungraded": "not graded",
        "failed": "did not run to its end",
        "crashed": "a cell raised an error",
        "flagged": "flagged",
        "alike": "looks like another",
        "below": "below the advised participation",
        "mistake": "mistake: {name}",
    },
    footer="Made from the report.json of each submission. “Hide names” hides them on the screen and in "
    "print; the file itself still holds them.",
)

_DE = ClassWords(
    language="de",
    decimal=",",
    page="der Kurs",
    title="Der Kurs",
    to_table="Zur Tabelle aller Abgaben springen",
    hide_names="Namen verbergen",
    alias="Person {n}",
    submissions="Abgaben",
    graded="bewertet",
    median="Median, von {max}",
    mean="Mittelwert",
    waits="warten auf eine Person",
    not_to_end="liefen nicht bis zum Ende",
    distribution="Entschiedene Punkte",
    distribution_label="Abgaben nach entschiedenen Punkten",
    pending=(
        "Über {points} Punkt entscheidet noch eine Person; er ist nicht mitgezählt.",
        "Über {points} Punkte entscheidet noch eine Person; sie sind nicht mitgezählt.",
    ),
    bin="{count} von {low} bis {high}",
    participation="Beteiligung",
    participation_caption="Abgaben nach Zahl der bearbeiteten Aufgaben",
    addressed="{n} von {all} Aufgaben",
    below="{n} unter den empfohlenen {share} %",
    checks="Prüfpunkte",
    checks_caption="Urteile je Prüfpunkt, und welcher Anteil der entschiedenen richtig ist",
    check="Prüfpunkt",
    verdicts="Urteile",
    share="richtig",
    all_wait="offen",
    misconceptions="Denkfehler",
    students=("Person", "Personen"),
    mistake="Fehler",
    seen_in="zu sehen in",
    filter="Filter",
    students_read="Im Bericht steht:",
    who="wer",
    show_in_table="in der Tabelle zeigen",
    no_misconceptions="Kein falscher Wert ließ sich auf einen bekannten Fehler zurückführen.",
    queue="Wartet auf eine Person",
    queue_how="Zu entscheiden mit `grader review` und diesem Ordner.",
    queue_points=("{n} × {points} Punkt", "{n} × {points} Punkte"),
    queue_empty="Nichts: Alle Punkte sind entschieden.",
    lookalikes="Ähnliche Abgaben",
    lookalikes_how="Noch nicht gesucht: `grader lookalikes` und dieser Ordner vergleicht den Code aller "
    "Abgaben und führt sie hier auf.",
    lookalikes_none="Keine zwei Abgaben haben mehr Code gemeinsam als der größte Teil des Kurses.",
    lookalikes_note="Gemeinsamer Code, den der größte Teil des Kurses nicht hat. Das beweist nichts: beide "
    "lesen, und nachfragen.",
    lookalikes_caption="Abgaben, die sich ähneln, und welcher Teil ihres eigenen Codes in der anderen steht",
    alike="ähnlich",
    same_code="gleich bis auf Namen und Kommentare",
    side_by_side="nebeneinander",
    more_pairs="{n} weitere stehen in {file}.",
    execution="Ausführung",
    crashed="eine Zelle brach mit einem Fehler ab, die Zellen danach liefen",
    all_ran="Jedes Notebook lief ohne Fehler bis zum Ende.",
    not_graded="nicht bewertet",
    cell="Zelle {n}",
    time="Rechenzeit",
    time_label="Abgaben nach {unit} Laufzeit",
    time_said="Median {median} s, 95 % unter {p95} s, zusammen {total} s Laufzeit. Am längsten:",
    seconds="Sekunden",
    milliseconds="Millisekunden",
    flags="Hinweise",
    none="Keine.",
    all="Alle Abgaben",
    find="Suchen",
    find_how="Name, Nummer, Gruppe",
    show="Zeigen",
    everybody="alle",
    of="{n} von {all}",
    columns=("Abgabe", "Punkte", "offen", "Ausführung", "Sekunden", "Hinweise"),
    filters={
        "review": "wartet auf eine Person",
        "ungraded": "nicht bewertet",
        "failed": "lief nicht bis zum Ende",
        "crashed": "eine Zelle brach mit einem Fehler ab",
        "flagged": "mit Hinweis",
        "alike": "ähnelt einer anderen",
        "below": "unter der empfohlenen Beteiligung",
        "mistake": "Fehler: {name}",
    },
    footer="Erstellt aus der report.json jeder Abgabe. „Namen verbergen“ verbirgt sie auf dem Bildschirm und "
    "im Druck; die Datei selbst enthält sie weiter.",
)


def class_words(language: Language) -> ClassWords:
    """The sentences of a rubric's language."""
    return _DE if language == "de" else _EN
