"""What is judged from behaviour and code together, and what a person reads (pure)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass

from grader.judging.decision import Decision
from grader.judging.source import Code
from grader.models import Cell, Output
from rubric.schema import BehaviourCheck, Messages, Mistake, Requirement, TextCheck

_HEADING = re.compile(r"^\s*(#{1,6}\s|\*\*|<h\d|(?:question|task|exercise|aufgabe|frage)\b|\(?\d+[.)])", re.I)
_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_RESULT = re.compile(r"=\s*[\[({\d.-]")
_SPOKEN = ("stdout", "result")
_LAST_COMMENTS = re.compile(r"(?:^[ \t]*#[^\n]*(?:\n|\Z))+\Z", re.MULTILINE)
_NUMBERS = re.compile(r"\d\.\d|[\[(]\s*-?\d")
_WORD = re.compile(r"[^\W\d_]{2,}")
_SENTENCE = 4  # words that make a line more than a name
_LONGEST = 400  # characters of a comment's or a print's line
_MOST = 4000  # characters of an answer that are shown to its reader


def judge_behaviour(
    check: BehaviourCheck,
    decisions: Mapping[str, Decision],
    mistakes: Mapping[str, Mistake],
    code: Code,
    messages: Messages,
    changed: Mapping[str, Set[str]] | None = None,
) -> Decision:
    """Does the notebook do what is asked, by its values where they tell, and by its code?

    decisions: the numeric checks, already decided. changed: mistake → the checks that it would make wrong.
    """
    lacking = [r for r in check.requires if not met(r, code)]
    shown = [decisions[name] for name in check.shown_by]
    passed = [d for d in shown if d.verdict == "pass"]
    made = {i for d in decisions.values() if d.diagnosis is not None for i in d.mistakes}
    contradicting = [
        mistakes[i] for i in sorted(made) if i in mistakes and mistakes[i].touches & {*check.broken_by}
    ]
    if not any(c.does_more_than_import for c in code.cells):
        return Decision(check.id, "missing", 0.0, "The notebook has no code.")
    if contradicting and all(
        _outvoted(m.id, decisions, (changed or {}).get(m.id, ())) for m in contradicting
    ):
        names = " ".join(m.message for m in contradicting)
        return Decision(check.id, "review", None, f"{messages.review} Most other values are right: {names}")
    if contradicting:
        return Decision(check.id, "fail", 0.0, " ".join(m.message for m in contradicting))
    if len(passed) >= check.enough:
        lacking = [r for r in lacking if not r.unless_shown]
        odd = [name for name in check.doubted_by if _unexplained(decisions[name])]
        if odd and not lacking:
            text = f"{messages.review} Nothing known explains the wrong {' and '.join(odd)}."
            return Decision(check.id, "review", None, text)
        return _by_code(check, lacking, messages)
    wrong = [d for d in shown if d.verdict in ("fail", "partial") and d.tells]
    explained = [d for d in wrong if d.diagnosis is not None and d.mistakes]
    if len(explained) + len(passed) >= check.enough:
        return _by_code(check, lacking, messages)
    if lacking:
        return Decision(check.id, "fail", 0.0, " ".join(r.why for r in lacking))
    printed = [d for d in shown if d.verdict != "missing"]
    if printed and all(d.typed_in for d in printed):
        return Decision(check.id, "review", None, f"{messages.review} {messages.typed_in}")
    return Decision(check.id, "review", None, f"{messages.review} The printed values do not tell.")


def _outvoted(mistake: str, decisions: Mapping[str, Decision], changed: Collection[str]) -> bool:
    """Are more values right that the mistake would make wrong than there are wrong ones that show it?"""
    touched = [decisions[name] for name in changed if name in decisions]
    showing = sum(mistake in d.mistakes and d.diagnosis is not None for d in touched)
    return sum(d.verdict == "pass" for d in touched) > showing


def _unexplained(decision: Decision) -> bool:
    wrong = decision.verdict in ("fail", "partial") and not decision.typed_in and not decision.hidden
    return wrong and decision.diagnosis is None and decision.comparison is not None


def _by_code(check: BehaviourCheck, lacking: Sequence[Requirement], messages: Messages) -> Decision:
    if lacking:
        return Decision(check.id, "fail", 0.0, " ".join(r.why for r in lacking))
    return Decision(check.id, "pass", 1.0, messages.passed)


def met(requirement: Requirement, code: Code) -> bool:
    """Does the code use what is required, where it is?"""
    cells = None
    if requirement.where == "first_code_cell":
        first = code.first_working_cell
        cells = [c for c in code.cells if first is not None and c.index <= first.index]
    return any(code.uses(name, cells) for name in requirement.any_of)


@dataclass(frozen=True, slots=True)
class Answer:
    """A written answer: the text, and the position of its first cell."""

    text: str
    cell: int


def find_answer(check: TextCheck, cells: Sequence[Cell], outputs: Sequence[Output] = ()) -> Answer | None:
    """The text that answers a question: below its heading, up to the next heading of another question.

    Without a heading, the prose that follows the last code cell, results typed there aside; and else
    what stands in a comment or was printed and speaks of the question. None where nobody wrote anything.
    """
    patterns = [re.compile(p, re.IGNORECASE) for p in check.headings]
    for position, cell in enumerate(cells):
        if cell.kind == "code":
            continue
        lines = _FENCED.sub("", cell.source).splitlines()
        for number, line in enumerate(lines):
            if any(p.search(line) for p in patterns):
                text = _below(line, lines[number + 1 :], cells[position + 1 :], patterns)
                if text:
                    return Answer(text[:_MOST], cell.index)
    last_code = max((c.index for c in cells if c.kind == "code" and c.source.strip()), default=-1)
    tail = [c for c in cells if c.kind != "code" and c.index > last_code]
    said = [_sentences(c.source) for c in tail]
    text = "\n\n".join(prose for own in said if (prose := _prose(own)))
    if text:
        return Answer(text[:_MOST], tail[0].index)
    said_aside = [*_comments(cells), *((o.cell, o.text) for o in outputs if o.kind in _SPOKEN)]
    for index, spoken in said_aside:
        lines = [line.strip() for line in spoken.splitlines() if len(line) <= _LONGEST]
        telling = [line for line in lines if any(p.search(line) for p in patterns) and _is_sentence(line)]
        if telling:
            return Answer("\n".join(telling)[:_MOST], index)
    return None


def _is_sentence(line: str) -> bool:
    return len(_WORD.findall(line)) >= _SENTENCE and not _NUMBERS.search(line)


def _comments(cells: Sequence[Cell]) -> list[tuple[int, str]]:
    """Position and text of the comments that end a code cell; one above code speaks of that code."""
    found = ((c.index, _LAST_COMMENTS.search(c.source.rstrip())) for c in cells if c.kind == "code")
    return [(index, re.sub(r"(?m)^\s*#+", "", block[0])) for index, block in found if block]


def _below(
    heading: str, rest: Sequence[str], following: Sequence[Cell], patterns: Sequence[re.Pattern[str]]
) -> str:
    own = _prose(_before_the_next(heading, rest, patterns))
    if not own and not _HEADING.match(heading) and len(heading.split()) > 3:
        own = heading.strip()
    parts = [own] if own else []
    for cell in following:
        if cell.kind == "code":
            parts += _comments_only(cell.source.splitlines())
            continue
        lines = cell.source.splitlines()
        if any(_HEADING.match(line) and not any(p.search(line) for p in patterns) for line in lines[:2]):
            break
        prose = _prose(lines)
        if prose:
            parts.append(prose)
    return "\n\n".join(parts)


def _before_the_next(heading: str, rest: Sequence[str], patterns: Sequence[re.Pattern[str]]) -> Sequence[str]:
    """The lines up to another heading of the same level or above, in the same cell."""
    level = _level(heading)
    for number, line in enumerate(rest):
        if level and 0 < _level(line) <= level and not any(p.search(line) for p in patterns):
            return rest[:number]
    return rest


def _level(line: str) -> int:
    """How many # begin a heading; 0 where the line is none."""
    return len(line) - len(line.lstrip("#")) if re.match(r"#{1,6}\s", line) else 0


def _sentences(text: str) -> list[str]:
    """Lines of a text cell that are words: no code blocks, no typed results."""
    text = _FENCED.sub("", text)
    return [
        line
        for line in text.splitlines()
        if not _RESULT.search(line) and len(re.findall(r"[^\W\d_]{2,}", line)) >= 2
    ]


def _comments_only(lines: Sequence[str]) -> list[str]:
    """The text of a code cell that holds nothing but comments: some answer there."""
    written = [line.strip() for line in lines if line.strip()]
    if not written or not all(line.startswith("#") for line in written):
        return []
    return ["\n".join(line.lstrip("# ") for line in written)]


def _prose(lines: Sequence[str]) -> str:
    """Lines that are not headings and hold at least one word."""
    return "\n".join(
        line for line in lines if re.search(r"\w", line) and not re.match(r"\s*#{1,6}\s", line)
    ).strip()


def judge_text(check: TextCheck, answer: Answer | None, decisions: Mapping[str, Decision]) -> Decision:
    """Prepare a written answer for its reader; only a person gives points for words."""
    if answer is None:
        return Decision(check.id, "missing", 0.0, "No written answer was found.")
    facts = ", ".join(f"{name} {decisions[name].verdict}" for name in check.facts if name in decisions)
    quoted = " ".join(answer.text.split())
    quoted = quoted if len(quoted) <= 600 else quoted[:600] + " …"
    text = f"A person reads this answer (cell {answer.cell + 1}): “{quoted}”"
    return Decision(check.id, "review", None, f"{text} Facts: {facts}." if facts else text)
