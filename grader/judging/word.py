"""Answers of a word: `relu`, `True`, one of several, found under their name and compared folded (pure).

A word is no interval: nothing about it is nearly right. What is not one of the rubric's words, right or
wrong, waits for a person.
"""

from __future__ import annotations

import ast
import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from grader.assignment.vocabulary import Vocabulary
from grader.judging.decision import Decision
from grader.judging.lines import OutputLine, Shown, lines_of
from grader.judging.reading import headings_above
from grader.judging.source import Code, parsed
from grader.judging.wording import MISSING, OTHER_WORLD, PASSED, TYPED_IN
from grader.models import Output, Said
from rubric.schema import WordCheck

_LONGEST = 300  # characters of a line
_SIGNS = re.compile(r"[:=→]")
_PART = re.compile(r"[,;|{(]")
_NEXT = re.compile(r"[,;|]\s{0,8}['\"]?\w[\w ]{0,40}['\"]?\s{0,8}[:=]")
_CLASS = re.compile(r"<class '(?:\w++\.)*+(\w++)'>|(\w++)\(\)|\[\s*+(\w++)\s*+\]")
_WRAPPED = re.compile(r"(?:tensor|array|bool_?)\(\[?\s*+(\w++)[^\w)]*+(?:dtype=[\w.]++)?\)|np\.(True|False)_")
_SAME = re.compile(r"[\s_'\"`*“”„‘’«»‐-–,;>→|()\[\]-]+")  # what does not change which words it is
_QUOTED = re.compile(r"\bnp\.str_\(")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")
_TYPE = re.compile(r"np\.int\d+")
_ROW = 4  # words that numbers may stand for
_OPTION = re.compile(r"\brequires_grad=\w+")
_TRUTH = {
    **dict.fromkeys(("true", "yes", "ja", "wahr", "richtig", "oui"), "true"),
    **dict.fromkeys(("false", "no", "nein", "falsch", "non"), "false"),
}
_OPPOSITE = {"true": "false", "false": "true"}
_READ = 50_000  # characters of an output in which a word is sought
_TELLS = ast.Compare | ast.BoolOp  # what may come out true or false, as `not` may
_SPOKEN = ("stdout", "result", "display")

_WRONG = Said("This is not the right answer.")
_SEVERAL = Said("Several answers were printed for this; a person decides which is meant.")
_UNMOVED = Said("The right word, but it also stands in the code; a person looks whether it was computed.")
_UNNAMED = Said("The right word was printed, but its name does not say so; a person decides.")


@dataclass(frozen=True, slots=True)
class _Offer:
    """A word printed for a check. value: folded. known: it is one of the rubric's. named: a name says so."""

    line: OutputLine
    value: str
    known: bool
    named: bool = True


def folded(text: str) -> str:
    """Words without what does not change them: case, quotes, signs between them; yes and ja are true."""
    text = _QUOTED.sub("(", unicodedata.normalize("NFKC", text)).strip().rstrip(".!;,")
    for pattern in (_WRAPPED, _CLASS):
        if found := pattern.fullmatch(text.strip("'\"` ")):
            text = next(filter(None, found.groups()))
    word = _SAME.sub("", text.casefold())
    return _TRUTH.get(word, word)


def judge_word(check: WordCheck, worlds: Sequence[str], shown: Shown) -> Decision:
    """Decide a check that asks for a word. worlds: their names."""
    right = [frozenset(map(folded, check.answers_in(world))) for world in worlds]
    found = [_offers(check, right, told, shown) for told in shown.outputs]
    named = [o for o in found[0] if o.named] if found else []
    if not named:
        answers = [check.answers_in(world) for world in worlds]
        return _without_name(check, found[0] if found else (), right[0], _printed(answers, shown.outputs))
    decided = Decision(
        check.id, "review", None, _SEVERAL, evidence=named[-1].line.evidence("label", worlds=worlds[:1])
    )
    unknown = next((o for o in named if not o.known), None)
    if unknown is not None:
        return replace(decided, reason=unknown.line.for_a_person)
    fits = {o.value in right[0] for o in named}
    if fits == {False}:
        return replace(decided, verdict="fail", credit=0.0, reason=_WRONG)
    if len(fits) > 1:
        return decided
    return _computed(check, found, right, decided, shown.code)


def _computed(
    check: WordCheck,
    found: Sequence[Sequence[_Offer]],
    right: Sequence[frozenset[str]],
    decided: Decision,
    code: Code,
) -> Decision:
    """Whether the right word was computed, where it has to be."""
    if not check.from_data:
        return replace(decided, verdict="pass", credit=1.0, reason=PASSED)
    values = [{o.value for o in offers if o.named and o.known} for offers in found]
    moves = any(r != right[0] for r in right[1:])
    said: dict[int, set[str]] = defaultdict(set)
    for offer in found[0]:
        if offer.named:
            said[offer.line.cell].add(offer.value)
    typed_there = any(words & written(code, cell) for cell, words in said.items())
    if any(not v or not v <= r for v, r in zip(values, right, strict=True)):
        typed = moves and all(v == values[0] for v in values) and typed_there
        if typed:
            return replace(decided, verdict="fail", credit=0.0, reason=TYPED_IN, typed_in=True)
        return replace(decided, reason=OTHER_WORLD)
    if not moves and typed_there:
        return replace(decided, reason=_UNMOVED)
    return replace(decided, verdict="pass", credit=1.0, reason=PASSED)


def _without_name(
    check: WordCheck, offers: Sequence[_Offer], right: frozenset[str], printed: bool
) -> Decision:
    """`missing`, unless the right word stands alone somewhere, or among others in every world."""
    if printed or any(o.value in right for o in offers):
        return Decision(check.id, "review", None, _UNNAMED)
    return Decision(check.id, "missing", 0.0, MISSING)


def _printed(answers: Sequence[Sequence[str]], outputs: Sequence[Sequence[Output]]) -> bool:
    """Do the words of a right answer, or numbers for them, stand in some output of every world, in order?"""
    return bool(outputs) and all(
        any(
            _within(_words(answer), _words(o.text)) or _numbered(answer, o.text)
            for o in told
            if o.kind in _SPOKEN
            for answer in right
        )
        for right, told in zip(answers, outputs, strict=True)
    )


def _words(text: str) -> str:
    found = _WORD.findall(_OPTION.sub("", text[:_READ]).casefold())
    return f" {' '.join(_TRUTH.get(word, word) for word in found)} "


def _numbered(answer: str, text: str) -> bool:
    """Does a line hold as many whole numbers as the answer has words, the same for the same word?"""
    words = _WORD.findall(answer)
    if len(words) < _ROW or len(set(words)) < 2:
        return False
    rows = (_NUMBER.findall(_TYPE.sub("", line)) for line in text[:_READ].splitlines())
    return any(len(row) == len(words) and _alike(row) == _alike(words) for row in rows)


def _alike(items: Sequence[str]) -> list[int]:
    """Which of them are equal: for each the place of the first one like it."""
    return [items.index(item) for item in items]


def _within(part: str, text: str) -> bool:
    return bool(part.strip()) and part in text


def line_of(check: WordCheck, shown: Shown) -> OutputLine | None:
    """The last line that answers a check by its name, whatever it says; None where there is none."""
    found = [o for o in _offers(check, (), shown.told, shown) if o.named]
    return found[-1].line if found else None


def _offers(
    check: WordCheck, right: Sequence[frozenset[str]], outputs: Sequence[Output], shown: Shown
) -> list[_Offer]:
    """The words printed for a check in one world, in order."""
    known = frozenset(map(folded, check.wrong)).union(*right)
    known |= {_OPPOSITE[word] for word in known if word in _OPPOSITE}
    found: list[_Offer] = []
    above_of = headings_above(shown.cells)
    above: OutputLine | None = None
    for line in lines_of([o for o in outputs if o.kind in _SPOKEN]):
        if line.text.strip():
            over = above.text if above is not None and above.output is line.output else ""
            near = (over, shown.code.shown(line.cell), above_of.get(line.cell, ""))
            found += _in_line(check, line, near, known, shown.vocabulary)
            above = line
    return found


def _in_line(
    check: WordCheck,
    at: OutputLine,
    near: tuple[str, str, str],
    known: frozenset[str],
    vocabulary: Vocabulary,
) -> Iterator[_Offer]:
    line = at.text

    def offer(value: str, *, named: bool = True) -> _Offer:
        word = folded(value)
        return _Offer(at, word, word in known, named)

    def means(*texts: str) -> bool:
        return check.id in vocabulary.meaning(*texts).options

    between = line.replace("→", " ") if line.count("→") > 1 else line  # several arrows make a row of words
    for sign in _SIGNS.finditer(between):
        label, value = _PART.split(line[: sign.start()])[-1], line[sign.end() :]
        if means(label):
            following = _NEXT.search(value)
            value = value[: following.start()] if following else value
            if value.strip():
                yield offer(value.strip().strip("}])") if folded(value) not in known else value)
            return
    if folded(line) in known:
        context = [text for text in near if text]
        yield offer(line, named=bool(context) and means("", *context))
        return
    words = line.split()
    for cut in range(len(words) - 1, 0, -1):
        value = " ".join(words[cut:])
        if (not known or folded(value) in known) and means(" ".join(words[:cut])):
            yield offer(value)
            return
    if means(line) and (between != line or any(folded(word) in known for word in words)):
        yield offer(line)


def written(code: Code, cell: int) -> frozenset[str]:
    """The words that stand as texts or truth values in what a cell runs, options of calls apart."""
    found: set[str] = set()
    for one in code.reach(cell):
        tree = parsed(one.source)
        if tree is None:
            found |= {folded(word) for word in re.findall(r"\w+", one.source)}
            continue
        steering = {id(part) for node in ast.walk(tree) for part in _steering(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in steering:
                if isinstance(node.value, str):
                    found |= {folded(node.value), *map(folded, node.value[:_LONGEST].split())}
                elif isinstance(node.value, bool):
                    found.add(str(node.value).casefold())
            elif _may_tell(node) and _of_constants(node):
                found |= {"true", "false"}
    return frozenset(found)


def _steering(node: ast.AST) -> Iterator[ast.AST]:
    """Constants that say how something is done, and are not printed: options of calls, `while True`."""
    match node:
        case ast.keyword(value=value) | ast.While(test=value):
            yield value


def _may_tell(node: ast.AST) -> bool:
    """May it come out true or false? `-1` does not."""
    return isinstance(node, _TELLS) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))


def _of_constants(node: ast.AST) -> bool:
    """Does an innermost comparison hold nothing but constants, as `1 == 1` does?

    One that holds another is looked at there: a chain of a thousand `not` is walked once.
    """
    below = itertools.islice(ast.walk(node), 1, None)
    return not any(isinstance(n, ast.Name | ast.Attribute | ast.Call) or _may_tell(n) for n in below)
