"""The judge's sentences in the language of the report.

report.json holds them in English, as the judge wrote them; a rubric brings the wording of its own. What a
student or an assistant reads in German is translated here, sentence by sentence; what is not known stays.
"""

# ruff: noqa: E501 (a sentence and its translation read best side by side)

from __future__ import annotations

import re
from functools import cache

from grader.words.student_page import Language

_GERMAN: dict[str, str] = {
    # defaults of rubric.schema.Messages
    "Correct.": "Richtig.",
    "Partly correct.": "Teilweise richtig.",
    "The printed values differ from the expected ones.": "Die ausgegebenen Werte weichen von den erwarteten ab.",
    "No print of this quantity was found.": "Eine Ausgabe dieser Größe wurde nicht gefunden.",
    "A person will look at this.": "Das sieht sich eine Person an.",
    "Consistent with your earlier result, which is wrong; part of the points.": "Passt zu Ihrem früheren Ergebnis, das falsch ist; ein Teil der Punkte.",
    "These numbers are written in the notebook's source, not computed by it.": "Diese Zahlen stehen im Quelltext des Notebooks, es berechnet sie nicht.",
    # grader.judging.judge, grader.judging.settle
    "These numbers also stand in the code; a person looks whether they were computed.": "Diese Zahlen stehen auch im Code; eine Person sieht nach, ob sie berechnet wurden.",
    "The print fits, but did not appear under another seed; a person looks whether it was computed.": "Die Ausgabe passt, erschien aber unter einem anderen Startwert nicht; eine Person sieht nach, ob sie berechnet wurde.",
    "One of many prints of this size, and nothing says that it is the answer; a person decides.": "Eine von vielen Ausgaben dieser Größe, und nichts sagt, dass sie die Antwort ist; eine Person entscheidet.",
    "The print fits, but so would any other small number; a person decides.": "Die Ausgabe passt, aber das täte jede andere kleine Zahl auch; eine Person entscheidet.",
    "The print fits, but its name does not say so; such a number may stand there for many reasons.": "Die Ausgabe passt, ihr Name sagt es aber nicht, und eine solche Zahl kann aus vielen Gründen dort stehen.",
    "The few digits fit, but those of {name} do not; a person decides.": "Die wenigen Stellen passen, die von {name} aber nicht; eine Person entscheidet.",
    "A person decides by these words (cell {where}):": "Eine Person entscheidet nach diesen Worten (Zelle {where}):",
    "The print fits, but its few digits also fit known mistakes.": "Die Ausgabe passt, ihre wenigen Stellen passen aber auch zu bekannten Fehlern.",
    "Several values were printed for this (also in cell {where}); a person decides which is meant.": "Dafür wurden mehrere Werte ausgegeben (auch in Zelle {where}); eine Person entscheidet, welcher gemeint ist.",
    "The print was cut short; a person decides by what can be seen.": "Die Ausgabe ist abgekürzt; eine Person entscheidet nach dem, was zu sehen ist.",
    "What is printed under this name has {count} numbers, not {size}.": "Was unter diesem Namen ausgegeben wird, hat {count} Zahlen, nicht {size}.",
    "The values are right, but do not change with the random seed: were they computed here?": "Die Werte sind richtig, ändern sich aber nicht mit dem Startwert: Wurden sie hier berechnet?",
    "They only look right at the few digits that were printed.": "Nur an den wenigen ausgegebenen Stellen sehen sie richtig aus.",
    "Some of them only look right at the few digits that were printed.": "Einige sehen nur an den wenigen ausgegebenen Stellen richtig aus.",
    "The shape does not fit either.": "Auch die Form passt nicht.",
    "Right in the unit that the label gives; a person decides.": "Richtig in der Einheit, die die Beschriftung nennt; eine Person entscheidet.",
    "Right under the handout's seed, different under another one; a person looks why.": "Richtig unter dem Startwert des Blatts, anders unter einem anderen; eine Person sieht nach, warum.",
    "All of it was printed, in another order; a person decides.": "Alles davon wurde ausgegeben, in anderer Reihenfolge; eine Person entscheidet.",
    "Only {share} of it was printed.": "Nur {share} davon wurden ausgegeben.",
    "{share} of it was printed.": "{share} davon wurden ausgegeben.",
    "Close, and computed in half precision; a person decides.": "Nahe daran, und in halber Genauigkeit gerechnet; eine Person entscheidet.",
    "Right but for the last printed digit, as if digits were cut off; a person decides.": "Richtig bis auf die letzte ausgegebene Stelle, als wären Stellen abgeschnitten; eine Person entscheidet.",
    "Right, but printed under the name of {name}, and that one under this; a person decides.": "Richtig, aber unter dem Namen von {name} ausgegeben, und jenes unter diesem; eine Person entscheidet.",
    "The print labelled {label} in cell {where} shows nothing but zeros.": "Die Ausgabe mit der Beschriftung {label} in Zelle {where} zeigt nur Nullen.",
    "The print labelled {label} in cell {where} shows {name}.": "Die Ausgabe mit der Beschriftung {label} in Zelle {where} zeigt {name}.",
    "None is printed under this name: there was no value.": "Unter diesem Namen wird None ausgegeben: Es gab keinen Wert.",
    "These values stand among others that were printed in cell {where}; a person decides.": "Diese Werte stehen unter anderen, die in Zelle {where} ausgegeben wurden; eine Person entscheidet.",
    # grader.judging.behaviour
    "The notebook has no code.": "Das Notebook enthält keinen Code.",
    "Nothing known explains the wrong {name}, {name}, {name}.": "Für {name}, {name} und {name} ist keine Erklärung bekannt.",
    "Nothing known explains the wrong {name}, {name}.": "Für {name} und {name} ist keine Erklärung bekannt.",
    "Most other values are right:": "Die meisten anderen Werte sind richtig:",
    "Nothing known explains the wrong {name}.": "Für {name} ist keine Erklärung bekannt.",
    "The printed values do not tell.": "Die ausgegebenen Werte verraten es nicht.",
    "Marked by hand:": "Von Hand bewertet:",
    "No written answer was found.": "Eine geschriebene Antwort wurde nicht gefunden.",
    "A person reads this answer (cell {where}):": "Eine Person liest diese Antwort (Zelle {where}):",
    # grader.judging.relations, grader.judging.diagnose
    "Your values have the right magnitude and the opposite sign.": "Ihre Werte haben den richtigen Betrag und das umgekehrte Vorzeichen.",
    "Your values are {factor} times the expected ones.": "Ihre Werte sind das {factor}-Fache der erwarteten.",
    "Your values are the right ones without their signs.": "Ihre Werte sind die richtigen ohne ihre Vorzeichen.",
    "Your values are the expected ones times a factor that changes with the random numbers, here {factor}, as clipping or normalising does.": "Ihre Werte sind die erwarteten mal einem Faktor, der sich mit den Zufallszahlen ändert, hier {factor}, wie beim Abschneiden (clipping) oder Normieren.",
    "Some of your values are not finite (nan, inf): look for a division by zero, a root or a logarithm of a negative number.": "Einige Ihrer Werte sind nicht endlich (nan, inf): Suchen Sie eine Division durch null, eine Wurzel oder einen Logarithmus einer negativen Zahl.",
    "These are the right numbers in another order.": "Das sind die richtigen Zahlen in anderer Reihenfolge.",
    "One element differs: number {count} of {size}, counted row by row.": "Ein Element weicht ab: Nummer {count} von {size}, zeilenweise gezählt.",
    "Your values are close but not equal, as if rounded before the end of the computation.": "Ihre Werte sind nahe daran, aber nicht gleich, als wäre vor dem Ende der Rechnung gerundet worden.",
    "Or: ": "Oder: ",
    "Or {count} more of the same kind.": "Oder {count} weitere derselben Art.",
    # grader.execute.session
    "cell {where} exceeded the {size} s of the whole notebook; the cells before it were graded": "Zelle {where} brauchte länger als die {size} s des ganzen Notebooks; die Zellen davor wurden bewertet",
    "cell {where} exceeded {limit}; the cells before it were graded": "Zelle {where} brauchte länger als {limit}; die Zellen davor wurden bewertet",
    "cell {where} used more than {limit} of memory; the cells before it were graded": "Zelle {where} brauchte mehr als {limit} Speicher; die Zellen davor wurden bewertet",
    "cell {where} used up the memory of this machine; the cells before it were graded": "Zelle {where} brauchte den Speicher dieses Rechners auf; die Zellen davor wurden bewertet",
    "cell {where} wrote more than {limit} of files; the cells before it were graded": "Zelle {where} schrieb mehr als {limit} in Dateien; die Zellen davor wurden bewertet",
    "cell {where} made more than {limit} files; the cells before it were graded": "Zelle {where} legte mehr als {limit} Dateien an; die Zellen davor wurden bewertet",
    "cell {where} started more than {limit} threads; the cells before it were graded": "Zelle {where} startete mehr als {limit} Threads; die Zellen davor wurden bewertet",
    "cell {where} used more than {limit} of processor time; the cells before it were graded": "Zelle {where} brauchte mehr als {limit} Prozessorzeit; die Zellen davor wurden bewertet",
    "cell {where} ended the kernel's first thread; the cells before it were graded": "Zelle {where} beendete den ersten Thread des Kernels; die Zellen davor wurden bewertet",
    "cell {where} crashed the kernel ({limit}); the cells before it were graded": "Zelle {where} brachte den Kernel zum Absturz ({limit}); die Zellen davor wurden bewertet",
    "cell {where} ended the kernel (exit status {count}); the cells before it were graded": "Zelle {where} beendete den Kernel (Exit-Status {count}); die Zellen davor wurden bewertet",
    "cell {where} printed more than {limit} of output; the cells before it were graded": "Zelle {where} gab mehr als {limit} aus; die Zellen davor wurden bewertet",
    "cell {where} printed {limit}; the cells before it were graded": "Zelle {where} gab zu viel aus ({limit}); die Zellen davor wurden bewertet",
    # grader.intake, why a file could not be read
    "the file is empty (0 bytes)": "die Datei ist leer (0 Bytes)",
    "the file holds nothing but blanks or zero bytes": "die Datei enthält nur Leerzeichen oder Nullbytes",
    "larger than {count} MB; clear the large outputs and upload again": "größer als {count} MB; die großen Ausgaben löschen und noch einmal hochladen",
    "holds too many values to be read safely; clear the large outputs and upload again": "enthält zu viele Werte, um gefahrlos gelesen zu werden; die großen Ausgaben löschen und noch einmal hochladen",
    "not a notebook but a ZIP archive (or an Office file)": "kein Notebook, sondern ein ZIP-Archiv (oder eine Office-Datei)",
    "not a notebook but an empty ZIP archive": "kein Notebook, sondern ein leeres ZIP-Archiv",
    "not a notebook but a PDF": "kein Notebook, sondern ein PDF",
    "not a notebook but a gzip archive": "kein Notebook, sondern ein gzip-Archiv",
    "not a notebook but a 7z archive": "kein Notebook, sondern ein 7z-Archiv",
    "not a notebook but a RAR archive": "kein Notebook, sondern ein RAR-Archiv",
    "not a notebook but a PNG image": "kein Notebook, sondern ein PNG-Bild",
    "not a notebook but a JPEG image": "kein Notebook, sondern ein JPEG-Bild",
    "not a notebook but a program": "kein Notebook, sondern ein Programm",
    "not a notebook but a Git LFS pointer; the notebook itself was not uploaded": "kein Notebook, sondern ein Verweis von Git LFS; das Notebook selbst wurde nicht hochgeladen",
    "not text: the file is binary or damaged": "kein Text: Die Datei ist binär oder beschädigt",
    "not text: looks like {name}, but is binary or damaged": "kein Text: Sieht aus wie {name}, ist aber binär oder beschädigt",
    "a saved web page, not a notebook; download the .ipynb itself and upload that": "eine gespeicherte Webseite, kein Notebook; die .ipynb-Datei selbst herunterladen und diese hochladen",
    "Python source, not a notebook; upload the .ipynb file": "Python-Quelltext, kein Notebook; die .ipynb-Datei hochladen",
    "Python source that can't be read as a notebook": "Python-Quelltext, der sich nicht als Notebook lesen lässt",
    "the file is cut off: its JSON ends in the middle, at line {count}, column {size}; upload it again": "die Datei ist abgeschnitten: Ihr JSON endet mittendrin, in Zeile {count}, Spalte {size}; noch einmal hochladen",
    "not valid JSON: something follows the notebook's end at line {count}, column {size}": "kein gültiges JSON: Nach dem Ende des Notebooks folgt noch etwas, in Zeile {count}, Spalte {size}",
    "not valid JSON at line {count}, column {size}: unresolved git merge markers": "kein gültiges JSON in Zeile {count}, Spalte {size}: ungelöste Merge-Marken von git",
    "not valid JSON at line {count}, column {size}": "kein gültiges JSON in Zeile {count}, Spalte {size}",
    "not JSON, so not a notebook ({limit} at line {count}, column {size})": "kein JSON, also kein Notebook ({limit}: Zeile {count}, Spalte {size})",
    "the JSON is nested too deeply to be a notebook": "das JSON ist zu tief verschachtelt für ein Notebook",
    "valid JSON, but not a notebook: it has no cells": "gültiges JSON, aber kein Notebook: Es hat keine Zellen",
    "valid JSON, but not a notebook: it has no list of cells": "gültiges JSON, aber kein Notebook: Es hat keine Liste von Zellen",
    "valid JSON, but {limit} instead of a notebook object": "gültiges JSON, aber kein Notebook ({limit})",
    "notebook format {count} is newer than this grader knows and its cells can't be read; save it in format 4 and upload again": "Notebook-Format {count} ist neuer als dieser Grader, und seine Zellen lassen sich nicht lesen; in Format 4 speichern und noch einmal hochladen",
    "nothing was handed in": "es wurde nichts abgegeben",
    # flags, for assistants
    "{name} is right, but cell {where} labels it": "{name} ist richtig, aber in Zelle {where} beschriftet als",
    "{name} was printed with other values too": "{name} wurde auch mit anderen Werten ausgegeben",
    "This notebook ran without any isolation.": "Dieses Notebook lief ohne jede Abschottung.",
    "The kernel's environment lacks the package": "Der Umgebung des Kernels fehlt das Paket",
    "The outputs saved in cell {where} are not what the notebook prints when it is run.": "Die in Zelle {where} gespeicherten Ausgaben sind nicht, was das Notebook ausgibt, wenn es läuft.",
    "Notebook format {count}, upgraded to 4.": "Notebook-Format {count}, auf 4 gehoben.",
    "Cells that could not be read as cells:": "Zellen, die sich nicht als Zellen lesen ließen:",
    "Text cells of which only the beginning was read:": "Textzellen, von denen nur der Anfang gelesen wurde:",
    "{count} notebooks were handed in; graded:": "{count} Notebooks wurden abgegeben; bewertet:",
    "{count} of {size} files beside the notebook were left out: too many, too large or unreadable.": "{count} von {size} Dateien neben dem Notebook blieben weg: zu viele, zu groß oder nicht lesbar.",
    "A Python script was handed in; it was read cell by cell (percent format) as a notebook.": "Ein Python-Skript wurde abgegeben; es wurde Zelle für Zelle (Percent-Format) als Notebook gelesen.",
    "A Python script was handed in; it was read paragraph by paragraph as a notebook.": "Ein Python-Skript wurde abgegeben; es wurde Absatz für Absatz als Notebook gelesen.",
    "The file says its language is {label}; its cells were run as Python all the same.": "Die Datei nennt {label} als ihre Sprache; ihre Zellen liefen trotzdem als Python.",
    "Notebook format {count} is newer than this grader knows; its cells were read as format 4.": "Notebook-Format {count} ist neuer als dieser Grader; die Zellen wurden als Format 4 gelesen.",
    "Stored as {name} instead of UTF-8; read anyway.": "Gespeichert in {name} statt UTF-8; trotzdem gelesen.",
    "Under another seed (world {label}) the run ended with": "Unter einem anderen Startwert (Welt {label}) endete der Lauf mit",
}
_HOLES = {
    "where": r"[\d, and]+?",
    "count": r"\d+",
    "size": r"\d+",
    "share": r"\d+(?:\.\d+)?\s?%",
    "factor": r"-?[\d.e+-]*\d",
    "limit": r"[^;]{1,80}?",
    "label": r".{1,200}?",
    "name": r"[^\s.]{1,60}",
}


def said(message: str, language: Language) -> str:
    """A message of the grader's in this language. The student's words in it stay as they are."""
    if language == "en" or not message:
        return message
    ours, quote, rest = message.partition("“")
    return _pattern().sub(_translated, ours) + quote + rest


def _translated(found: re.Match[str]) -> str:
    english = list(_GERMAN)[int((found.lastgroup or "_0")[1:])]
    held = re.fullmatch(_as_pattern(english, name=True), found.group())
    return _GERMAN[english].format(**(held.groupdict() if held else {}))


@cache
def _pattern() -> re.Pattern[str]:
    """All sentences, the longest first."""
    order = sorted(enumerate(_GERMAN), key=lambda known: -len(known[1]))
    return re.compile(r"(?<!\w)(?:" + "|".join(f"(?P<_{n}>{_as_pattern(e)})" for n, e in order) + ")")


def _as_pattern(english: str, name: bool = False) -> str:
    parts = re.split(r"\{(\w+)\}", english)
    made = [re.escape(part) for part in parts]
    for i in range(1, len(parts), 2):
        made[i] = f"(?P<{parts[i]}>{_HOLES[parts[i]]})" if name else f"(?:{_HOLES[parts[i]]})"
    return "".join(made)
