"""Every page of the service in a language in which all that is ours has accents: English is found.

Names, titles and words of people are §, so that a plain word is a sentence of ours that no catalogue knows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from golden import samples
from pseudo import LANGUAGE, SENTENCES, accented, english, plain_rubric, speak_pseudo
from service_kit import World
from sqlalchemy import select
from test_service_course import lived
from test_service_crawl import addresses, ask

from grader.service import pages
from grader.service.tables import Course, CourseAssignment, Edition

# names of things and places; a sample's message without its template, as earlier versions wrote it
NAMES = re.compile(
    r"SHA-256|(?:[A-Z]\w+/)?Berlin|Deutsch|English|esperanto|grader submit hw\.ipynb --to|hw\.ipynb"
    r"|A person will read your answer\.|\bsame\b|Comparison with your earlier homework|Output of the network"
    r"|Yes, the same|as before"
)
# scripts and platforms read English; reports have a test of their own; what ends the walk or chooses English
_LEFT_OUT = re.compile(
    r"^/(?:api|lti|metrics|healthz|readyz)|/static/|/report|erase|remove|sign-out|/me/language"
)


@pytest.fixture
def pseudo(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The course in the pseudo-language, with nobody's own words."""
    (tmp_path / "languages").mkdir()
    speak_pseudo(tmp_path / "languages", monkeypatch)
    pages._named.cache_clear()
    rubric = plain_rubric(samples.RUBRIC)
    with world.database.writing() as session:
        for edition in session.scalars(select(Edition)):
            path = world.service.place.editions / edition.sha256 / "rubric.yaml"
            path.write_text(yaml.safe_dump(rubric.model_dump(mode="json"), allow_unicode=True))
        session.scalars(select(Course)).one().language = LANGUAGE
        session.scalars(select(Course)).one().title = "§"
        session.scalars(select(CourseAssignment)).one().title = "§"
    return world


def plain(text: str) -> list[str]:
    """English on a page; the buttons that lead to other languages speak those."""
    without = re.sub(r'<button name="language".*?</button>|<code.*?</code>', "", text, flags=re.DOTALL)
    return english(NAMES.sub("§", without))


def _problem(answer: Any) -> list[str]:
    """What a desk tells its page, where it refuses."""
    if "json" not in answer.headers.get("content-type", "") or answer.status_code < 400:
        return []
    return english(str(answer.json().get("problem", "")))


@pytest.mark.parametrize(
    "world", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_no_page_speaks_english_in_another_language(pseudo: World) -> None:
    people, ids = lived(pseudo, defaultdict(lambda: "§"), LANGUAGE)
    pages_seen = 0
    found: dict[str, Any] = {}
    for who, one in people.items():
        csrf = one.form("/me")["csrf"]
        for method, address in addresses(pseudo, ids):
            if method == "HEAD" or _LEFT_OUT.search(address):
                continue
            answer = ask(one.client, method, address, csrf)
            kind = answer.headers.get("content-type", "")
            if "html" in kind:
                pages_seen += 1
            if words := plain(answer.text) if "html" in kind else _problem(answer):
                found[f"{who} {method} {address}"] = words
    teacher = people["teacher"].client
    compared = "".join(teacher.get(f"/teach/tiny/regrade?edition={n}").text for n in (1, 2))
    assert accented("partly correct") in compared and not plain(compared)
    assert not found, sorted({word for words in found.values() for word in words})
    assert pages_seen > 100


def test_the_look_finds_english(pseudo: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above could fail."""
    anna = pseudo.person("student", "§")
    anna.client.headers["Accept-Language"] = "en"
    anna.post("/me/language", language="en")
    assert len(plain(anna.client.get("/a/tiny").text)) > 5
    assert len(SENTENCES) > 700
