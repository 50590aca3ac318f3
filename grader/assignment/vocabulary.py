"""What a label talks about: the student's words against the rubric's vocabulary (pure).

Both sides become short tokens: Unicode compatibility forms and sub- and superscripts are folded,
∂ reads as d, LaTeX commands lose their markup, letters and digits part, camelCase parts. So
``∂L/∂W₁``, ``\\frac{\\partial L}{\\partial W_1}`` and ``dL_dW1`` all read ``d l d w 1``. Phrases are
compared with the spaces taken out, so ``gradw1``, ``grad_W1`` and ``grad W1`` are one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from rubric.schema import Rubric

_LONGEST = 300  # characters of a label that are read; the end is nearest to the value
_ACCENT = re.compile(r"\\(?:hat|widehat|bar|tilde|vec)\s*+\{?\s*+([A-Za-z])\s*+\}?")
_COMMAND = re.compile(r"\\(?:frac|mathcal|mathbf|mathrm|boldsymbol|text|left|right|displaystyle|bm)\b")
_SHAPE = re.compile(r"[(\[]\s*\d+\s*[,x×*][\d\s,x×*]*[)\]]")  # (2, 5) behind a name is no index
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_DIGITS = re.compile(r"\d+")
_WORDS = {"partial": "d", "nabla": "grad", "delta": "delta"}


@lru_cache(maxsize=65536)
def tokens(text: str) -> tuple[str, ...]:
    """Split a label into folded tokens; only its last 300 characters are read."""
    text = text[-_LONGEST:]
    text = _SHAPE.sub(" ", text)
    text = _ACCENT.sub(lambda m: f" {m[1]}hat ", text)
    text = _COMMAND.sub(" ", text).replace("∂", " d ").replace("∇", " grad ").replace("ŷ", "yhat")
    text = unicodedata.normalize("NFKC", text)
    text = _CAMEL.sub(" ", text).casefold()
    folded = unicodedata.normalize("NFC", text)
    return tuple(
        _WORDS.get(t, str(int(t)) if t.isdecimal() and len(t) < 10 else t) for t in _TOKEN.findall(folded)
    )


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a label was recognised as.

    checks: check id → weight (how many characters of the label speak for it; the largest is meant).
    background: names of other quantities the label speaks of, with weights.
    words: vocabulary entries found.
    """

    checks: Mapping[str, int]
    background: Mapping[str, int]
    words: dict[str, int]

    @property
    def options(self) -> tuple[str, ...]:
        """The checks that may be meant: those with the largest weight, unless something else is meant."""
        top = max(self.checks.values(), default=0)
        return () if self.names_background else tuple(c for c, w in self.checks.items() if w == top)

    @property
    def check(self) -> str | None:
        """The one check that is meant, if the label is not ambiguous."""
        return self.options[0] if len(self.options) == 1 else None

    @property
    def names_background(self) -> bool:
        """The label speaks of something that no check asks for (a parameter, the loss, …)."""
        return max(self.background.values(), default=0) > max(self.checks.values(), default=0)


_K = TypeVar("_K")
_V = TypeVar("_V")
_KEPT = 1000


class Vocabulary:
    """A rubric's words, ready for look-up."""

    def __init__(self, rubric: Rubric, background: Sequence[str], *, words: bool = False) -> None:
        """words: read also what is called like a check that asks for a word."""
        self._phrases: dict[str, list[str]] = {}
        self._seen: dict[tuple[str, ...], dict[str, int]] = {}
        self._meant: dict[tuple[tuple[str, ...], ...], Meaning] = {}
        self._longest = 1
        for word, phrases in rubric.vocabulary.items():
            for phrase in phrases:
                parts = tokens(phrase)
                known = self._phrases.setdefault("".join(parts), [])
                if parts and word not in known:
                    known.append(word)
                self._longest = max(self._longest, 2 * len(parts))
        self._counting = {
            run[i:j]
            for phrase in self._phrases
            for run in _DIGITS.findall(phrase)
            for i in range(len(run))
            for j in range(i + 1, len(run) + 1)
        }
        self._asides = rubric.asides
        named = rubric.labelled_checks() if words else rubric.tensor_checks()
        self._checks = {c.id: c.labels for c in named}
        asked = {name for c in rubric.tensor_checks() for name in (c.quantity, *c.also)}
        self._background = [w for w in rubric.vocabulary if w in background and w not in asked]

    def meaning(self, label: str, *contexts: str) -> Meaning:
        """What a print is called.

        label: the words nearest to the value. contexts: text further away (a line above, the code,
        a heading), nearest first. A context may complete what the label begins ("W1" under
        "Gradients") and speaks alone only where the label says nothing, or that it is an aside.
        """
        texts = (self._read(label), *(self._read(c) for c in contexts))
        return _kept(self._meant, texts, self._meaning)

    def _meaning(self, texts: tuple[tuple[str, ...], ...]) -> Meaning:
        label, *contexts = texts
        words = self._words(label)
        said = self._said(words, words)
        for context in contexts:
            if said.options:
                break
            more = self._words(context)
            own = words.keys() - {self._asides}
            completed = self._said({**more, **words}, {w: words[w] for w in own} or more)
            if completed.options or not own:
                words, said = completed.words, completed
        return said

    def aside(self, *texts: str) -> bool:
        """Does one of these texts say that what it speaks of stands beside the answer?"""
        return any(self._asides in self._words(self._read(text)) for text in texts if text)

    def _said(self, words: Mapping[str, int], own: Mapping[str, int]) -> Meaning:
        checks = {
            check: max(weights)
            for check, alternatives in self._checks.items()
            if (
                weights := [
                    sum(words[w] for w in a)
                    for a in alternatives
                    if all(w in words for w in a) and any(w in own for w in a)
                ]
            )
        }
        background = {name: words[name] for name in self._background if name in words and name in own}
        return Meaning(checks, background, dict(words))

    def _words(self, parts: tuple[str, ...]) -> dict[str, int]:
        """Vocabulary entries in a label; the longest phrase wins where phrases overlap."""
        return _kept(self._seen, parts, self._find)

    def _read(self, text: str) -> tuple[str, ...]:
        """Its tokens; a number that is part of no phrase is like any other: so are the labels of a loop."""
        return tuple("#" if t.isdecimal() and t not in self._counting else t for t in tokens(text))

    def _find(self, parts: tuple[str, ...]) -> dict[str, int]:
        hits: list[tuple[int, int, int, str]] = []
        for start in range(len(parts)):
            joined = ""
            for end in range(start, min(len(parts), start + self._longest)):
                joined += parts[end]
                for word in self._phrases.get(joined, ()):
                    hits.append((len(joined), start, end + 1, word))
        hits.sort(key=lambda h: (-h[0], -h[1]))
        taken: dict[int, list[int]] = {}
        found: dict[str, int] = {}
        for length, *span, word in hits:
            if any(taken.get(i, span) != span for i in range(*span)):
                continue
            for i in range(*span):
                taken[i] = span
            found[word] = max(found.get(word, 0), length + span[1] - span[0])
        return found


def _kept(known: dict[_K, _V], key: _K, make: Callable[[_K], _V]) -> _V:
    """What was made for a key before; kept within bounds: the prints of a loop are called alike."""
    if key not in known:
        if len(known) >= _KEPT:
            known.clear()
        known[key] = make(key)
    return known[key]
