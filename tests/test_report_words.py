"""Both languages say everything."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest

from grader.intake.notebook import read
from grader.words.class_page import class_words
from grader.words.desk import desk_words
from grader.words.sentences import said
from grader.words.student_page import words


def holes(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w+", text))


def flat(value: object, at: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        return {k: v for key, part in value.items() for k, v in flat(part, f"{at}.{key}").items()}
    if isinstance(value, list | tuple):
        return flat(dict(enumerate(value)), at)
    return {at: str(value)}


@pytest.mark.parametrize("both", [words, class_words, desk_words], ids=lambda f: f.__name__)
def test_the_languages_have_the_same_sentences(both: object) -> None:
    english, german = (flat(asdict(both(language))) for language in ("en", "de"))  # type: ignore[operator]
    assert english.keys() == german.keys()
    for key, text in german.items():
        assert holes(text) == holes(english[key]), key
        assert bool(text) == bool(english[key]), key


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \0\n",
        b"PK\x03\x04",
        b"%PDF-1.7",
        b"\x89PNG\r\n",
        b"\xff\xfe\xff\xff",
        b"<!doctype html><p>x",
        b"import torch",
        b"hello",
        b"[1, 2]",
        b"{}",
        b'{"cells": "x"}',
        b'{"cells": [',
        b'{"cells": []} {}',
        b'{"a" 1}',
        b'{\n<<<<<<< HEAD\n"a": 1}',
        b"[" * 3000,
    ],
)
def test_why_a_file_could_not_be_read_is_known_in_german(data: bytes) -> None:
    problem = str(read(data).problem)
    assert problem is not None
    made = said(problem, "de")
    assert made != problem
    assert not re.search(r"\b(the|not|notebook|but|at|file)\b", made), made


def test_what_a_student_wrote_is_not_translated() -> None:
    message = "A person reads this answer (cell 5): “Correct. Only 40% of it was printed.” Facts: dW1 fail."
    assert said(message, "de").startswith("Eine Person liest diese Antwort (Zelle 5): “Correct. Only 40%")
