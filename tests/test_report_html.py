"""The HTML pages as text: what they hold, what they never hold. The browser has its own tests."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from html.parser import HTMLParser

import pytest
from golden import samples

from grader import report as reports
from grader.models import Report, Submission
from grader.report.html import prose
from grader.report.statistics import statistics

PAGE = "html head meta link title style script body header footer main section article div span p a br bdi"
WORDS = "b em strong code pre h1 h2 h3 ul li dl dt dd figure figcaption details summary"
TABLES = "table caption colgroup col thead tbody tr th td svg rect line text"
FORMS = "form label input button select option output"
OUR_TAGS = {tag for group in (PAGE, WORDS, TABLES, FORMS) for tag in group.split()}
HOSTILE = [
    "<script>document.title='hacked'</script>",
    '"><img src=x onerror="document.title=\'hacked\'">',
    "</title></style></script></pre></textarea><script>document.title='hacked'</script>",
    "' onmouseover='document.title=1' autofocus onfocus='document.title=2' x='",
    "<svg onload=document.title='hacked'><a href=javascript:alert(1)>x</a></svg>",
    "--><iframe src=//evil.example></iframe><!--",
    "{{ 7 * 7 }}{% raw %} \x00\x1b\u202e\u2028 &lt;script&gt;",
    "`</code><script>document.title='hacked'</script>`",
    "../../../etc/passwd?x#y",
]


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, made: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(made)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def attacked(hostile: str) -> tuple[Report, Submission]:
    """A report in which everything that a student or their file can choose is `hostile`."""
    report, submission = samples.forgot_half()
    dumped = report.model_dump()
    dumped["submission"] |= {
        "id": hostile,
        "path": hostile,
        "student": {"id": hostile, "name": hostile, "group": hostile, "attempt": None},
    }
    dumped["execution"] |= {
        "status": "error",
        "message": hostile,
        "errors": [{"cell": 0, "name": hostile, "message": hostile}],
        "missing_packages": [hostile],
    }
    dumped["flags"] = [{"id": hostile, "message": hostile}]
    for question in dumped["questions"]:
        for check in question["checks"]:
            check["message"] = hostile
            if check["evidence"]:
                check["evidence"] |= {
                    "label": hostile,
                    "text": hostile,
                    "layout": hostile,
                    "actual": [[hostile]],
                }
            if check["diagnosis"]:
                check["diagnosis"] |= {"ids": [hostile], "message": hostile, "detail": hostile}
    cells = tuple(c.model_copy(update={"source": hostile}) for c in submission.cells)
    return Report.model_validate(dumped), submission.model_copy(update={"id": hostile, "cells": cells})


@pytest.mark.parametrize("hostile", HOSTILE)
def test_pages_hold_only_our_tags_and_no_handlers(hostile: str) -> None:
    report, submission = attacked(hostile)
    student = reports.to_html(report, submission, samples.RUBRIC)
    plain = reports.to_html(*attacked("harmless"), samples.RUBRIC)
    assert Page(student).tags.count("section") == Page(plain).tags.count("section")
    assert "script" not in Page(student).tags
    for made in (student, reports.to_index([report], samples.RUBRIC)):
        page = Page(made)
        assert set(page.tags) <= OUR_TAGS
        assert page.tags.count("script") <= 1
        for tag, name, value in page.attributes:
            assert not name.startswith("on"), (tag, name)
            assert name not in ("style", "src", "action", "formaction", "srcdoc")
            if name == "href":
                assert re.fullmatch(r"#[\w-]+|data:,|[\w.~%-]+/report\.html", value), value
        assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e\u2028]", made)
        made.encode("utf-8")


def test_the_policy_names_exactly_the_style_and_script_of_the_page() -> None:
    made = reports.to_index([samples.all_right()[0]], samples.RUBRIC)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', made)
    assert policy is not None
    said = policy[1].replace("&#39;", "'")
    for kind in ("style", "script"):
        inline = re.search(f"<{kind}>(.*?)</{kind}>", made, re.DOTALL)
        assert inline is not None
        digest = base64.b64encode(hashlib.sha256(inline[1].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in said
    assert said.startswith("default-src 'none'; ")
    assert "unsafe" not in said


def test_disclosure_language_and_isolation_in_html() -> None:
    report, submission = samples.forgot_half()
    pages = {
        kind: reports.to_html(report, submission, samples.RUBRIC.model_copy(update={"disclosure": kind}))
        for kind in ("full", "hints", "none")
    }
    assert "1.235e-05" in pages["full"]
    assert "1.235e-05" not in pages["hints"]
    assert "twice as large" in pages["hints"]
    for kept_back in ("1.235e-05", "twice as large", "differ", "✗</span></td>", "equation (1)"):
        assert kept_back not in pages["none"]
    for page in pages.values():
        assert "2 × reference" not in page
    german = reports.to_html(report, submission, samples.RUBRIC.model_copy(update={"language": "de"}))
    assert '<html lang="de">' in german
    assert "Was nicht stimmt" in german
    assert "without isolation" in reports.to_html(*samples.crashed(), samples.RUBRIC)
    assert "without isolation" not in pages["full"]


def test_departing_cells_are_coloured_and_the_worst_is_outlined() -> None:
    made = reports.to_html(*samples.crashed(), samples.RUBRIC)
    assert '<td class="off1">-0.0400<span class="x"> ✗</span></td>' in made
    assert '<td class="off3 worst">inf<span class="x"> ✗</span></td>' in made
    assert '<td class="ok">0.2689</td>' in made


def test_an_ungraded_report_shows_no_points() -> None:
    made = Page(reports.to_html(*samples.ungraded(), samples.RUBRIC)).text
    assert "Not graded yet." in made
    assert "of 100" not in made


def test_prose_sets_code_and_escapes_the_rest() -> None:
    assert str(prose("use `W1.grad` <b> `<i>` `")) == (
        "use <code>W1.grad</code> &lt;b&gt; <code>&lt;i&gt;</code> `"
    )


def test_class_figures() -> None:
    ana, ben, eve, dora = (make()[0] for make in samples.SAMPLES.values())
    crashed = ana.execution.model_copy(update={"status": "error"})
    zoe = ana.model_copy(
        update={"submission": ana.submission.model_copy(update={"id": "zoe"}), "execution": crashed}
    )
    figures = statistics([ana, ben, eve, dora, zoe], samples.RUBRIC)
    assert (figures.count, figures.graded, figures.needs_review) == (5, 4, 5)
    assert (figures.mean, figures.median) == (53.75, 62.5)
    assert [b.count for b in figures.scores] == [1, 0, 0, 1, 0, 0, 0, 0, 0, 2]
    rates = {c.id: (c.counts["pass"], c.total, round(c.passed, 2)) for c in figures.checks}
    assert rates == {"output": (3, 4, 0.75), "dW1": (2, 4, 0.5), "db1": (2, 4, 0.5), "same": (0, 4, 0.0)}
    assert [(m.ids, m.submissions) for m in figures.misconceptions] == [(("no_half",), ("ben",))]
    assert [(w.check, w.submissions) for w in figures.waiting] == [("same", ("ana", "ben", "=eve", "zoe"))]
    assert {f.status: len(f.reports) for f in figures.failures} == {"timeout": 1, "sandbox_error": 1}
    assert [r.submission.id for r in figures.crashed] == ["zoe"]
    assert figures.addressed == (0, 1, 0, 3)
    assert figures.below_advice == ("=eve",)
    assert [f.id for f in figures.flags] == ["=evil()", "late"]


def test_an_empty_class_has_a_page() -> None:
    assert "0 of 0" in Page(reports.to_index([], samples.RUBRIC)).text


def large_class(count: int) -> list[Report]:
    made = [make()[0] for make in samples.SAMPLES.values()]
    return [
        r.model_copy(update={"submission": r.submission.model_copy(update={"id": f"s{n:04}"})})
        for n, r in ((n, made[n % 4]) for n in range(count))
    ]


def test_a_thousand_students_are_fast_and_small() -> None:
    students = large_class(1000)
    start = time.perf_counter()
    made = reports.to_index(students, samples.RUBRIC)
    assert time.perf_counter() - start < 10, "a fraction of a second where nothing else runs"
    assert len(made) < 2_000_000
    assert made.count("<tr data-find=") == 1000
