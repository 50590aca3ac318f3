"""Every sentence that can reach a student or an assistant is data, and in every language's catalogue."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

import grader
from grader.models import Flag, Said, counted, together, verbatim
from grader.words.speech import FOLDER, SOURCE, languages, speech

HOME = Path(grader.__file__).parent
KEYWORDS = {"Said": None, "speak": None, "around": None, "counted": (2, 3)}
MAPPING = [("**.py", "python"), ("**.html", "jinja2")]
CALLED = {"Said": 0, "speak": 0, "counted": 1}
"""functions that take a template, and where it stands among their arguments"""


def extracted() -> Catalog:
    """What `pybabel extract` finds, as CONTRIBUTING.md calls it."""
    found = Catalog()
    for name, line, message, _, _ in extract_from_dir(HOME, MAPPING, keywords=KEYWORDS):
        found.add(message, locations=[(name, line)])
    return found


def key(id: str | tuple[str, ...] | list[str]) -> str:
    return id if isinstance(id, str) else id[0]


SENTENCES = {key(m.id): m for m in extracted() if m.id}


def holes(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w+[^}]*\}", text))


def calls() -> Iterator[tuple[str, ast.Call, int]]:
    """Every call that takes a template; another room may have a `counted` of its own."""
    for path in HOME.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        ours = {"speak"} | {
            name.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "grader.models"
            for name in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and path.name != "speech.py" and path.parent != HOME:
                said = (
                    ast.unparse(node.func).removeprefix("self.").removeprefix("desk.").removeprefix("view.")
                )
                name = said.removeprefix("speak.")
                if name in CALLED and (name in ours or said != name):
                    yield f"{path.relative_to(HOME)}:{node.lineno}", node, CALLED[name]


def test_every_sentence_of_a_template_is_found_there() -> None:
    """Jinja's extraction sees the calls of a name, not of an attribute."""
    seen = 0
    for path in HOME.rglob("*.html"):
        for call in Environment().parse(path.read_text("utf-8")).find_all(nodes.Call):
            called = call.node
            if isinstance(called, nodes.Getattr):
                assert called.attr not in ("counted", "around"), f"{path.name}:{call.lineno}"
            elif isinstance(called, nodes.Name) and called.name in KEYWORDS:
                template = call.args[CALLED.get(called.name, 0)]
                assert isinstance(template, nodes.Const), f"{path.name}:{call.lineno}"
                assert template.value in SENTENCES, f"{path.name}:{call.lineno}"
                seen += 1
    assert seen > 100


def test_every_sentence_is_written_where_it_is_said_and_found_there() -> None:
    """A template that is put together, or stands in an f-string, would not be in the catalogue."""
    seen = 0
    for place, call, at in calls():
        template = call.args[at]
        assert isinstance(template, ast.Constant) and isinstance(template.value, str), place
        assert template.value in SENTENCES, place
        seen += 1
    assert seen > 250


@pytest.mark.parametrize("language", [name for name in languages() if name != SOURCE])
def test_a_language_says_everything_and_nothing_else(language: str) -> None:
    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    known = {key(m.id): m for m in catalogue if m.id}
    assert SENTENCES.keys() - known.keys() == set(), "to be translated"
    assert known.keys() - SENTENCES.keys() == set(), "nobody says this any more"
    for message in known.values():
        assert not message.fuzzy, message.id
        english = [message.id] if isinstance(message.id, str) else list(message.id)
        said = [message.string] if isinstance(message.string, str) else list(message.string)
        for text in said:
            assert text, message.id
            assert holes(text) == holes(english[-1]), message.id


def test_both_numbers_of_a_sentence_have_the_same_holes() -> None:
    several = [m.id for m in SENTENCES.values() if not isinstance(m.id, str)]
    assert len(several) > 10
    for one, many in several:
        assert holes(one) == holes(many)


def test_values_are_put_in_once_and_never_read_as_templates() -> None:
    said = Said(
        "You wrote {words} in {where}", {"words": "{where} {words!r}", "where": Said("cell {n}", {"n": 3})}
    )
    assert str(said) == "You wrote {where} {words!r} in cell 3"


def test_a_hole_shows_what_it_is_given() -> None:
    values = {"share": 0.416, "factor": 1 / 3, "label": "it's", "cells": (3, 5), "all": 5000}
    said = Said("{share:.0%} {factor:.4g} {label!r} {cells} {all:,} {none} {label:.2f}", values)
    assert str(said) == "42% 0.3333 \"it's\" 3, 5 5,000 {none} it's"


def test_sentences_stand_in_a_row_and_within_each_other() -> None:
    why = together(Said("Correct."), verbatim("Well done, {name}."))
    assert str(Said("It says: {why}", {"why": why})) == "It says: Correct. Well done, {name}."
    assert speech("de").of(why) == "Richtig. Well done, {name}."


def test_a_number_chooses_the_form() -> None:
    days = [counted(n, "{n} day begun", "{n} days begun") for n in (1, 2)]
    assert [str(d) for d in days] == ["1 day begun", "2 days begun"]
    assert [speech("de").of(d) for d in days] == ["1 Tag angefangen", "2 Tage angefangen"]


def test_a_sentence_survives_being_written_down() -> None:
    said = together(
        counted(2, "{n} day begun", "{n} days begun"), Said("Or: {what}", {"what": Said("a link")})
    )
    flag = Flag.of("late", said)
    assert Flag.model_validate_json(flag.model_dump_json()) == flag
    assert flag.message == "2 days begun Or: a link"


def test_a_report_of_an_earlier_version_speaks_english() -> None:
    assert speech("de").either(None, "Correct.") == "Correct."
    assert speech("de").either(Said("Correct."), "Correct.") == "Richtig."


def test_numbers_in_sentences_have_the_signs_of_the_language() -> None:
    half = Said("{verdict}, {score:g} of {most:g}", {"verdict": "1.5", "score": 4.75, "most": 10})
    assert (str(half), speech("de").of(half)) == ("1.5, 4.75 of 10", "1.5, 4,75 von 10"), "words stay"
    large = Said("has {count:,} cells, more than the {most:,} that are read", {"count": 12345, "most": 1000})
    assert "12,345" in str(large) and "12.345" in speech("de").of(large)


def test_points_have_the_decimal_sign_of_the_language() -> None:
    assert [speech(name).points(87.5) for name in ("en", "de")] == ["87.5", "87,5"]
