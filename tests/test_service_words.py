"""Every page of the service in a language in which all that is ours has accents: English is found.

Names, titles and words of people are §, so that a plain word is a sentence of ours that no catalogue knows.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from golden import samples
from pseudo import LANGUAGE, SENTENCES, accented, english, plain_rubric, speak_pseudo
from service_kit import DUE, Browser, World
from sqlalchemy import select
from test_service_course import mark, other_edition, publish_all
from test_service_crawl import addresses, ask

from grader.service import pages, runs
from grader.service.tables import Assignment, Course, Edition, Run

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
        session.scalars(select(Assignment)).one().title = "§"
    return world


def plain(text: str) -> list[str]:
    """English on a page; the buttons that lead to other languages speak those."""
    without = re.sub(r'<button name="language".*?</button>|<code.*?</code>', "", text, flags=re.DOTALL)
    return english(NAMES.sub("§", without))


def busy(world: World) -> tuple[dict[str, Browser], dict[str, list[str]]]:
    """A course in which everything has happened that leaves words on a page."""
    people = {
        "teacher": world.person("teacher", "§ §"),
        "assistant": world.person("assistant", "§§ §"),
        "student": world.person("student", "§§§ §", "§"),
        "other": world.person("student", "§ §§", "§"),
        "none": world.person("student", "§ § §"),
    }
    for one in people.values():
        one.client.headers["Accept-Language"] = LANGUAGE
        one.post("/me/language", language=LANGUAGE)
    teacher, student, other = people["teacher"], people["student"], people["other"]
    broken = student.attempt()
    world.work("unreadable")
    kept = student.attempt()
    world.report_of(kept)
    student.attempt()
    student.post(f"/u/{kept}/choose")
    publish_all(teacher)
    student.post("/a/tiny/inquiries", text="§")
    teacher.post("/teach/tiny/extensions", person=4, due="2026-06-20T10:00", reason="§")
    world.clock.at = DUE + timedelta(hours=3)
    late = other.attempt()
    world.report_of(late, "open")
    mark(people["assistant"], late, 5, reason="§")
    edition = other_edition(world)
    teacher.post("/teach/tiny/regrade", edition=edition)
    with world.database.writing() as session:
        old = session.scalars(select(Run).where(Run.edition_id != edition, Run.kind == "grade")).all()
        before = world.service.reports.report(next(str(r.result) for r in old if r.result))
        dumped = before.model_dump(mode="json")
        dumped["questions"][0]["checks"][0] |= {"verdict": "partial", "score": 15.0}
        dumped |= {"score": 85.0}
        data = type(before).model_validate(dumped).model_dump_json().encode()
        for new in session.scalars(select(Run).where(Run.edition_id == edition)):
            new.state, new.result = "done", world.service.blobs.put(data).sha256
            new.notebook = next(r.notebook for r in old if r.notebook)
    stuck = people["none"].attempt()
    with world.database.writing() as session:
        for run in session.scalars(select(Run).where(Run.state == "queued")):
            runs.stick(run, "§", world.clock())
    teacher.post("/course/course/links")
    teacher.post("/teach/tiny/dates", due="2026-06-05T14:00", grace="5", checks="1")
    people["none"].post("/me/tokens", name="§")
    names = [broken, kept, late, stuck]
    ids = {"slug": ["tiny", "course"], "name": names, "id": [late, "1"], "number": ["0"], "person": ["3"]}
    return people, ids


def _problem(answer: Any) -> list[str]:
    """What a desk tells its page, where it refuses."""
    if "json" not in answer.headers.get("content-type", "") or answer.status_code < 400:
        return []
    return english(str(answer.json().get("problem", "")))


def test_no_page_speaks_english_in_another_language(pseudo: World) -> None:
    people, ids = busy(pseudo)
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
