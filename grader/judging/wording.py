"""The sentences of the verdicts, in whose place a rubric may put its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from grader.models import Said, Value, verbatim
from rubric.schema import Messages

PASSED = Said("Correct.")
PARTIAL = Said("Partly correct.")
FAIL = Said("The printed values differ from the expected ones.")
MISSING = Said("No print of this quantity was found.")
REVIEW = Said("A person will look at this.")
FOLLOW_THROUGH = Said("Consistent with your earlier result, which is wrong; part of the points.")
ONLY_HERE = Said(
    "The print fits, but did not appear under another seed; a person looks whether it was computed."
)
ALSO_TYPED = Said("These numbers also stand in the code; a person looks whether they were computed.")
OTHER_WORLD = Said("Right under the handout's seed, different under another one; a person looks why.")
DIGITS_ALONE = Said("They only look right at the few digits that were printed.")
TYPED_IN = Said("These numbers are written in the notebook's source, not computed by it.")

_OURS = {
    "passed": PASSED,
    "partial": PARTIAL,
    "fail": FAIL,
    "missing": MISSING,
    "review": REVIEW,
    "follow_through": FOLLOW_THROUGH,
    "typed_in": TYPED_IN,
}


def worded(said: Said, messages: Messages) -> Said:
    """The same with the rubric's own words, wherever it has some."""
    own = {ours.text: getattr(messages, name) for name, ours in _OURS.items()}
    return _worded(said, {text: words for text, words in own.items() if words is not None and words != text})


def _worded(said: Said, own: Mapping[str, str]) -> Said:
    if said.text in own:
        return verbatim(own[said.text])
    return replace(said, values={name: _value(value, own) for name, value in said.values.items()})


def _value(value: Value, own: Mapping[str, str]) -> Value:
    if isinstance(value, Said):
        return _worded(value, own)
    if isinstance(value, tuple):
        return tuple(_worded(part, own) if isinstance(part, Said) else part for part in value)
    return value
