"""The written answers, which a person reads (pure)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import takewhile

from grader.judging.decision import Decision
from grader.models import Answer, Cell, Output, Said, together
from rubric.schema import TextCheck

HEADING = re.compile(r"^\s*(#{1,6}\s|\*\*|<h\d|(?:question|task|exercise|aufgabe|frage)\b|\(?\d+[.)])", re.I)
_FENCED = re.compile(r"```(.*?)(?:```|\Z)", re.DOTALL)
_RESULT = re.compile(r"=\s*[\[({\d.-]")
_SPOKEN = ("stdout", "result")
_NUMBERS = re.compile(r"\d\.\d|[\[(]\s*-?\d")
_WORD = re.compile(r"[^\W\d_]{2,}")
_SAYS = re.compile(r"[^\W\d_]{2,}|[\u2705-\u2714\u3040-\U0010ffff]")  # a word, a sign of it, a mark
_TAG = re.compile(r"<[^<>\n]*>")
_YES_OR_NO = re.compile(
    r"(?<![\w=])(?:yes|yep|no|nope|ja|nein|true|false|oui|non|sí|sim|não|tak|nie|evet|hayır|да|нет)(?![\w=])"
    r"|[是否对不]",
    re.IGNORECASE,
)
_SAID_SHORTLY = re.compile(
    rf"(?:{_YES_OR_NO.pattern})\W*(?:[.,;:!–—]|\Z)", re.IGNORECASE
)  # not "no activation"
_ASKING = (
    r"(?:question|task|exercise|problem|part|step|ex|q|aufgabe|frage|teil|schritt|pregunta|ejercicio|tarea"
    r"|exercice|pergunta|domanda|esercizio|soru|вопрос|задание|задача|问题|問題|题目|第)"
)
_ROMAN = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_NUMBERED = re.compile(
    rf"\W{{0,8}}(?:{_ASKING}\W{{0,3}})?(?:\d{{1,2}}|[ivx]{{1,4}})\W{{0,3}}[.):](?!\d)", re.IGNORECASE
)
_TEXT_ALONE = re.compile(r"[ \t]*+(?:\w++[ \t]*+=[ \t]*+)?[rfRF]?([\"'])(?!\1)(.+)\1[ \t]*+", re.ASCII)
_BEGINS = (":", "：")  # at the end of a line that speaks of what follows
_ASKS = ("?", "？")
_QUESTION = re.compile(r".*[?？]")
_SENTENCE = 4  # words that make a line more than a name
_LONGEST = 400  # characters of a comment's or a print's line
NO_ANSWER = Said("No written answer was found.")
_HEADINGS = 20  # of the question, below which an answer is sought
_HEADING_LENGTH = 2000  # characters of a line in which the question is sought
_MOST = 4000  # characters of an answer that are shown to its reader


def find_answers(
    asked: Mapping[str, tuple[int, TextCheck]], cells: Sequence[Cell], outputs: Sequence[Output]
) -> dict[str, Answer | None]:
    """The written answer of each text check, None where nobody wrote anything that may be one.

    asked: check → the number of its question, and the check. Prose that no check claims may answer any of
    those that found nothing.
    """
    found = {name: find_answer(check, cells, outputs, number) for name, (number, check) in asked.items()}
    claimed = {answer.cell for answer in found.values() if answer is not None}
    rest = _unclaimed([c for c in cells if c.index not in claimed])
    return {name: answer or rest for name, answer in found.items()}


def find_answer(
    check: TextCheck, cells: Sequence[Cell], outputs: Sequence[Output] = (), number: int = 0
) -> Answer | None:
    """The text that answers a question: below its heading, up to the next heading of another question.

    A line of its own is no heading where it answers, too (`4. Yes`), and below a heading also counts what
    was printed in words. Without a heading, the words that follow the last code cell, results typed there
    aside; and else what stands in another text, in a comment or was printed and speaks of the question.
    None where nobody wrote anything. number: of the question, by which a heading may call it; 0: by none.
    """
    patterns = [re.compile(p, re.IGNORECASE) for p in (*check.headings, *by_number(number))]
    printed: dict[int, list[str]] = defaultdict(list)
    for output in outputs:
        if output.kind in _SPOKEN:
            printed[output.cell].append(output.text)
    left = _HEADINGS
    for position, cell in enumerate(cells):
        if cell.kind == "code":
            continue
        lines = _unfenced(cell.source).splitlines()
        for count, line in enumerate(lines):
            if left and any(p.search(line[:_HEADING_LENGTH]) for p in patterns):
                left -= 1
                text = _below(line, lines[count + 1 :], cells[position + 1 :], patterns, printed)
                if text:
                    return Answer(text=text[:_MOST], cell=cell.index)
    last_code = max((c.index for c in cells if c.kind == "code" and c.source.strip()), default=-1)
    tail = [c for c in cells if c.kind != "code" and c.index > last_code]
    texts = [(c.index, prose) for c in tail if (prose := _prose(_words(c.source)))]
    if texts:
        return Answer(text="\n\n".join(prose for _, prose in texts)[:_MOST], cell=texts[0][0])
    return _said_aside(check, cells, outputs, patterns, [re.compile(p, re.I) for p in by_number(number)[1:]])


def by_number(number: int) -> list[str]:
    """Headings that call a question by its number: `6.`, `VI)`, `### Exercise 6`, `问题4`."""
    if not 0 < number < len(_ROMAN):
        return []
    count = rf"(?:{number}|{_ROMAN[number]})"
    return [
        rf"^\W*+(?:{_ASKING}\W{{0,3}})?{count}(?:\W*[.):\]]|\W*$)(?!\d)",
        rf"{_ASKING}\W{{0,3}}{count}(?![\w.])",
    ]


def _unclaimed(cells: Sequence[Cell]) -> Answer | None:
    """Sentences in text cells, headings and questions aside."""
    for cell in cells:
        if cell.kind != "code":
            lines = [line.strip() for line in _unfenced(cell.source).splitlines()]
            spoken = [x for x in lines if not HEADING.match(x) and _is_sentence(x) and x[-1:] not in _BEGINS]
            if spoken:
                return Answer(text="\n".join(spoken)[:_MOST], cell=cell.index)
    return None


def _said_aside(
    check: TextCheck,
    cells: Sequence[Cell],
    outputs: Sequence[Output],
    patterns: Sequence[re.Pattern[str]],
    called: Sequence[re.Pattern[str]],
) -> Answer | None:
    """What speaks of the question in passing: another text, a comment or docstring, a print.

    called: patterns of its number. A comment above code speaks of that code, unless it calls the question.
    """
    mentions = [re.compile(p, re.IGNORECASE) for p in check.mentions]
    speaking = [*patterns, *mentions]
    last = max((c.index for c in cells if c.kind == "code" and c.source.strip()), default=-1)
    texts = [(c.index, _words(c.source)) for c in cells if c.kind != "code"]
    said = [
        *((index, _prose(words), True, speaking) for index, words in texts),
        *((index, "\n".join(filter(_is_sentence, words)), False, mentions) for index, words in texts),
        *((c.index, t, c.index == last, speaking) for c in cells if c.kind == "code" for t in _comments(c)),
        *((o.cell, o.text, False, speaking) for o in outputs if o.kind in _SPOKEN),
        *((c.index, "\n".join(_commented(c)), False, called) for c in cells if c.kind == "code"),
    ]
    for index, spoken, may_just_answer, about in said:
        lines = [line.strip() for line in spoken.splitlines() if line.strip() and len(line) <= _LONGEST]
        telling = [
            line
            for before, line in zip(["", *lines], lines, strict=False)
            if (before[-1:] in _ASKS and any(p.search(before) for p in patterns))
            or (_is_sentence(line) and any(p.search(line) for p in about))
            or (may_just_answer and _YES_OR_NO.match(line.lstrip(" #*_>-")))
        ]
        if telling:
            return Answer(text="\n".join(telling)[:_MOST], cell=index)
    return None


def _is_sentence(line: str) -> bool:
    return not _NUMBERS.search(line) and len(_WORD.findall(line)) >= _SENTENCE and line[-1:] not in _ASKS


def _comments(cell: Cell) -> list[str]:
    """The comments that end a code cell, its docstrings, and lines that hold a text and nothing else."""
    lines = cell.source.rstrip().split("\n")
    ending = takewhile(lambda line: line.startswith("#"), (line.strip(" \t") for line in reversed(lines)))
    comments = [line.lstrip("#") for line in ending][::-1]
    parts = re.split(r"\"{3}|'{3}", cell.source)
    alone = (_TEXT_ALONE.fullmatch(line) for line in lines if len(line) <= _LONGEST)
    return ["\n".join(comments), *parts[1::2], "\n".join(m[2] for m in alone if m)]


def _below(
    heading: str,
    rest: Sequence[str],
    following: Sequence[Cell],
    patterns: Sequence[re.Pattern[str]],
    printed: Mapping[int, Sequence[str]],
) -> str:
    before = before_the_next(heading, rest, patterns)
    own = _prose(before) or _in_the_heading(heading)
    if not own and not HEADING.match(heading) and len(heading.split()) > 3:
        own = heading.strip()
    parts = [own] if own else []
    for cell in following if len(before) == len(rest) else ():
        if cell.kind == "code":
            comments = _commented(cell)  # some answer in a cell that holds nothing else
            alone = comments and len(comments) == sum(map(bool, map(str.strip, cell.source.splitlines())))
            parts += ["\n".join(comments)] if alone else _printed_words(printed.get(cell.index, ()))
            continue
        lines = cell.source.splitlines()
        if any(HEADING.match(line) and not any(p.search(line) for p in patterns) for line in lines[:2]):
            break
        prose = _prose(lines)
        if prose:
            parts.append(prose)
    return "\n\n".join(parts)


def _in_the_heading(line: str) -> str:
    """What follows the question in its own line, or a line that says yes or no; "" if neither."""
    asked = _QUESTION.match(line)
    answer = line[asked.end() :] if asked else line if _SAID_SHORTLY.search(line) else ""
    return answer.strip() if _SAYS.search(answer) else ""


def _printed_words(texts: Sequence[str]) -> list[str]:
    """Lines that a cell printed and that are an answer rather than a result: sentences, yes and no."""
    lines = [
        line.strip()
        for text in texts
        for line in text.splitlines()
        if len(line) <= _LONGEST and not _NUMBERS.search(line)
    ]
    telling = [line for line in lines if _YES_OR_NO.search(line) or _is_sentence(line)]
    return ["\n".join(telling)] if telling else []


def before_the_next(heading: str, rest: Sequence[str], patterns: Sequence[re.Pattern[str]]) -> Sequence[str]:
    """The lines up to another heading of the same level or above, or another number, in the same cell."""
    level = _level(heading)
    for number, line in enumerate(rest):
        another = (level and 0 < _level(line) <= level) or (
            _NUMBERED.match(heading) and _NUMBERED.match(line)
        )
        if another and not any(p.search(line) for p in patterns):
            return rest[:number]
    return rest


def _level(line: str) -> int:
    """How many # begin a heading; 0 where the line is none."""
    return len(line) - len(line.lstrip("#")) if re.match(r"#{1,6}\s", line) else 0


def _unfenced(text: str) -> str:
    """Without code blocks, but for what one that names no language says in sentences."""

    def said(fence: re.Match[str]) -> str:
        first, *rest = fence[1].split("\n")
        return "" if first.strip() else "\n".join(line for line in rest if _is_sentence(line))

    return _FENCED.sub(said, text)


def _words(text: str) -> list[str]:
    """Lines of a text cell that say something: no code blocks, no typed results unless they say yes or no."""
    return [
        line
        for line in _unfenced(text).splitlines()
        if _SAYS.search(_without_images(_TAG.sub("", line)))
        and (_YES_OR_NO.search(line) or not _RESULT.search(line))
    ]


def _without_images(line: str) -> str:
    """A line of Markdown without `![…](…)`; each of its characters is looked at a bounded number of times."""
    kept: list[str] = []
    at = 0
    start = line.find("![")
    text_end = end = -1
    while start >= 0:
        text_end = text_end if text_end >= start + 2 else line.find("]", start + 2)
        end = end if end > text_end else line.find(")", text_end + 2)
        if text_end < 0 or end < 0:
            break
        if line.startswith("(", text_end + 1):
            kept.append(line[at:start])
            at = end + 1
        start = line.find("![", max(at, start + 2))
    return "".join([*kept, line[at:]])


def _commented(cell: Cell) -> list[str]:
    """The lines of a code cell that are comments."""
    lines = map(str.strip, cell.source.splitlines())
    return [line.lstrip("# ") for line in lines if line.startswith("#")]


def _prose(lines: Sequence[str]) -> str:
    """Lines that hold at least one word and are not headings, unless those say yes or no."""
    return "\n".join(
        line
        for line in lines
        if re.search(r"\w", line) and (not re.match(r"\s*#{1,6}\s", line) or _SAID_SHORTLY.search(line))
    ).strip()


def judge_text(check: TextCheck, answer: Answer | None, decisions: Mapping[str, Decision]) -> Decision:
    """Prepare a written answer for its reader; only a person gives points for words."""
    if answer is None:
        return Decision(check.id, "missing", 0.0, NO_ANSWER)
    facts = tuple(f"{name} {decisions[name].verdict}" for name in check.facts if name in decisions)
    quoted = " ".join(answer.text.split())
    quoted = quoted if len(quoted) <= 600 else quoted[:600] + " …"
    text = [
        Said(
            "A person reads this answer (cell {cell}): “{words}”", {"cell": answer.cell + 1, "words": quoted}
        )
    ]
    if facts:
        text.append(Said("Facts: {facts}.", {"facts": facts}))
    return Decision(check.id, "review", None, together(*text), answer=answer)
