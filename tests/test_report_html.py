"""The HTML pages as text: what they hold, what they never hold. The browser has its own tests."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from golden import samples
from png import b64, png

from grader import report as reports
from grader.errors import StorageError
from grader.models import Cell, CellError, Execution, Output, Report, Submission
from grader.report.html import prose
from grader.report.notebook import kept_outputs
from grader.report.statistics import statistics

PICTURE = b64(png())
PAGE = "html head meta link title style script body header footer main section article div span p a br bdi"
WORDS = "b em strong s code pre hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd figure figcaption details summary"
TABLES = "table caption colgroup col thead tbody tr th td svg g rect line text img"
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
    said = [Output(cell=c.index, index=0, kind="stdout", text=hostile) for c in submission.cells]
    said += [Output(cell=1, index=1, kind="display", text=f"<{hostile}>", image=PICTURE + hostile)]
    said += [Output(cell=1, index=2, kind="display", text=f"<{hostile}>", image=PICTURE)]
    student = reports.to_html(report, submission, samples.RUBRIC, said)
    plain = reports.to_html(*attacked("harmless"), samples.RUBRIC)
    assert Page(student).tags.count("section") == Page(plain).tags.count("section")
    assert "script" not in Page(student).tags
    for made in (student, reports.to_index([report], samples.RUBRIC)):
        page = Page(made)
        assert set(page.tags) <= OUR_TAGS
        assert page.tags.count("script") <= 1
        for tag, name, value in page.attributes:
            assert not name.startswith("on"), (tag, name)
            assert name not in ("style", "action", "formaction", "srcdoc", "srcset")
            if name == "src":
                assert (tag, value) == ("img", f"data:image/png;base64,{PICTURE}")
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


def test_an_ungraded_student_learns_what_to_do_and_not_what_the_grader_has_to() -> None:
    report, submission = samples.ungraded()
    made = Page(reports.to_html(report, submission, samples.RUBRIC)).text
    assert "Our side failed." in made and "You need not do anything" in made
    assert "run the same command" not in made
    run = report.execution.model_copy(update={"status": "unreadable", "message": "not JSON"})
    unreadable = report.model_copy(update={"execution": run})
    made = Page(reports.to_html(unreadable, submission, samples.RUBRIC)).text
    assert "The file could not be read as a notebook: not JSON." in made
    assert "open in Jupyter" in made


def test_what_went_wrong_leads_to_its_check_and_to_its_cell() -> None:
    made = reports.to_html(*samples.crashed(), samples.RUBRIC)
    short = made.split("<h2>In short</h2>")[1].split("</section>")[0]
    assert '<a href="#check-dW1">∂L/∂W1</a>,</span> <span class="of"><a href="#check-db1">∂L/∂b1</a>' in short
    trouble = made.split("<h2>When your notebook ran</h2>")[1].split("</section>")[0]
    assert '<a href="#cell-3">Cell 3 raised NameError: name' in trouble
    assert '<a href="#cell-4">Cell 4 exceeded 30 s. The cells after cell 4 did not run.</a>' in trouble
    assert "<li>Not installed where notebooks are graded: torchvision</li>" in trouble


def test_of_many_errors_the_first_are_told() -> None:
    report, submission = samples.all_right()
    errors = tuple(
        CellError(cell=n, name="NameError", message=f"name 'v{n}' is not defined") for n in range(30)
    )
    run = report.execution.model_copy(update={"status": "error", "errors": errors})
    made = reports.to_html(report.model_copy(update={"execution": run}), submission, samples.RUBRIC)
    assert "v0" in made and "v4" in made and "v5" not in made
    assert "25 more errors; often the first one is the cause of the others." in made


def test_a_name_of_the_other_direction_turns_nothing_around_it() -> None:
    report, submission = samples.all_right()
    student = report.submission.student.model_copy(update={"name": "محمد (2)"})
    report = report.model_copy(
        update={"submission": report.submission.model_copy(update={"student": student})}
    )
    assert "<h1>Report for <bdi>محمد (2)</bdi></h1>" in reports.to_html(report, submission, samples.RUBRIC)


def test_headings_never_skip_a_rank() -> None:
    report, submission = samples.crashed()
    cells = [
        Cell(index=n, kind="markdown", source=s) for n, s in enumerate(["### deep", "# high", "###### 6"])
    ]
    submission = submission.model_copy(update={"cells": tuple(cells)})
    for made in (
        reports.to_html(report, submission, samples.RUBRIC),
        reports.to_html(*samples.ungraded(), samples.RUBRIC),
        reports.to_index([report], samples.RUBRIC),
    ):
        ranks = [int(tag[1]) for tag in Page(made).tags if re.fullmatch(r"h\d", tag)]
        assert ranks[0] == 1 and ranks.count(1) == 1
        assert all(b <= a + 1 for a, b in pairwise(ranks)), ranks


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
    assert [(m.diagnosis.ids, m.submissions) for m in figures.misconceptions] == [(("no_half",), ("ben",))]
    assert [(w.check, w.submissions) for w in figures.waiting] == [("same", ("ana", "ben", "=eve", "zoe"))]
    assert {f.status: len(f.reports) for f in figures.failures} == {"timeout": 1, "sandbox_error": 1}
    assert [r.submission.id for r in figures.crashed] == ["zoe"]
    assert figures.addressed == (0, 1, 0, 3)
    assert figures.below_advice == ("=eve",)
    assert [f.id for f in figures.flags] == ["=evil()", "late"]


def test_an_empty_class_has_a_page() -> None:
    assert "0 of 0" in Page(reports.to_index([], samples.RUBRIC)).text


ALIKE = """"kind","first","second","share_of_first","share_of_second"
"identical","ana","ben",1,1
"alike","ben","dora",0.91,0.4
"alike","ben","nobody",0.9,0.9
"""


def test_the_class_page_lists_the_look_alikes_that_were_found(tmp_path: Path) -> None:
    every = [make()[0] for make in samples.SAMPLES.values()]

    def section() -> str:
        reports.write_class(every, samples.RUBRIC, tmp_path)
        return (tmp_path / "index.html").read_text("utf-8").split('id="lookalikes"')[1].split("</section>")[0]

    assert "grader lookalikes" in section()
    (tmp_path / "lookalikes.csv").write_text(ALIKE)
    found = section()
    assert 'href="lookalikes.html#group-1"' in found
    assert 'href="lookalikes.html#pair-1"' in found
    assert "nobody" not in found
    assert re.search(r"Ben O’Neill</bdi></a>.* <span class=\"points\">91 %", found)
    assert (tmp_path / "index.html").read_text("utf-8").count(" alike") >= 3, (
        "the table can be filtered by it"
    )
    (tmp_path / "lookalikes.csv").write_text(ALIKE.splitlines()[0] + "\n")
    assert "No two submissions" in section()
    (tmp_path / "lookalikes.csv").write_text("kind,first\nalike,ana\n")
    assert "grader lookalikes" in section()


def test_the_class_page_in_german() -> None:
    german = samples.RUBRIC.model_copy(update={"language": "de"})
    made = reports.to_index([make()[0] for make in samples.SAMPLES.values()], german)
    assert '<html lang="de">' in made
    text = Page(re.sub(r"<(style|script)>.*?</\1>", "", made, flags=re.DOTALL)).text
    for word in (
        "Denkfehler",
        "Ähnliche Abgaben",
        "Namen verbergen",
        "4 von 4",
        "Person 01",
        "brauchte zu lange",
    ):
        assert word in text, word
    for word in ("Student", "submission", "Hide", "questions", "seconds", "Misconception"):
        assert word not in text, word


def test_the_histogram_says_its_numbers() -> None:
    made = reports.to_index([make()[0] for make in samples.SAMPLES.values()], samples.RUBRIC)
    assert (
        'aria-label="Submissions by decided points: 1 from 0 to 10, 1 from 30 to 40, 1 from 90 to 100"'
        in made
    )
    assert made.count('class="histogram"') == 2


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


# ------------------------------------------------------- the notebook with what it printed

RUN = Execution(
    status="error",
    outputs=(
        Output(cell=2, index=0, kind="stdout", text="loss 0.5\n"),
        Output(cell=3, index=0, kind="stdout", text="tensor([1.2346e-05])\nthen"),
        Output(cell=3, index=1, kind="display", html="<script>x()</script><table><tr><td>0.5<td>7</table>"),
        Output(cell=3, index=2, kind="error", text="Traceback\nNameError: <b>y</b>"),
        Output(cell=3, index=3, kind="display", text="<Figure size 640x480 with 1 Axes>", image=PICTURE),
        Output(cell=3, index=4, kind="result", text="<Figure size 9x9 with 0 Axes>", image=""),
    ),
)


def ran(first: int = 0, last: int = 20) -> str:
    report, submission = samples.forgot_half()
    dumped = report.model_dump()
    dumped["questions"][1]["checks"][0]["evidence"]["span"] = (first, last)
    dumped["questions"][1]["checks"][1]["evidence"] = None
    return reports.to_html(Report.model_validate(dumped), submission, samples.RUBRIC, kept_outputs(RUN))


def test_what_was_printed_stands_below_its_cell_with_the_answers_marked() -> None:
    made = ran()
    cell_3, cell_4 = made.split('id="cell-3"')[1].split('id="cell-4"')
    assert "loss 0.5" in cell_3
    answer = '<a class="answer fail" href="#check-dW1" title="∂L/∂W1: not correct">tensor([1.2346e-05])</a>'
    assert f"{answer}\nthen</pre>" in cell_4
    assert '<pre class="printed error"' in cell_4
    assert "NameError: &lt;b&gt;y&lt;/b&gt;" in cell_4
    assert ">0.5  7</pre>" in cell_4, "HTML is shown as its text, scripts left out"
    assert "as we ran it" in made
    assert "as we ran it" not in reports.to_html(*samples.forgot_half(), samples.RUBRIC)


def test_a_picture_stands_below_its_cell_and_a_missing_one_is_told() -> None:
    cell_4 = ran().split('id="cell-4"')[1]
    alt = "Picture 1 shown by cell 4: Figure size 640x480 with 1 Axes"
    assert f'<img class="shown" src="data:image/png;base64,{PICTURE}" alt="{alt}">' in cell_4
    assert "1 picture of this cell is not shown here: it is too large, or no PNG." in cell_4
    assert "Figure size 9x9" not in cell_4
    assert ran().count("data:image") == 1


def test_text_beside_a_picture_is_shown_where_it_says_something() -> None:
    report, submission = samples.forgot_half()
    said = [Output(cell=3, index=1, kind="result", text="tensor([7.5])", image=PICTURE)]
    made = reports.to_html(report, submission, samples.RUBRIC, said)
    assert 'alt="Picture 1 shown by cell 4">' in made
    assert "tensor([7.5])" in made.split('id="cell-4"')[1]


def test_markdown_cells_are_typeset_unless_there_is_too_much_of_them() -> None:
    report, submission = samples.all_right()
    cells = [Cell(index=n, kind="markdown", source=f"# Part {n}\n" + "word " * 1500) for n in range(40)]
    cells += [Cell(index=40, kind="raw", source="# raw <b>")]
    made = reports.to_html(report, submission.model_copy(update={"cells": tuple(cells)}), samples.RUBRIC)
    assert made.count('<h4 class="h1">Part 0</h4>') == made.count('<h4 class="h1">Part 25</h4>') == 1
    assert '<pre tabindex="0"># Part 39\n' in made and "# raw &lt;b&gt;" in made


def test_an_answer_far_down_a_long_output_is_shown_and_linked() -> None:
    log = "".join(f"epoch {n} loss {1 / (n + 1):.6f}\n" for n in range(1000))[:15_000]
    start = len(log) + len("\ndW1: ")
    flood = f"{log}\ndW1: tensor([1.2346e-05])\nthe end"
    report, submission = samples.forgot_half()
    dumped = report.model_dump()
    dumped["questions"][1]["checks"][0]["evidence"]["span"] = (start, start + 20)
    dumped["questions"][1]["checks"][1]["evidence"] = None
    said = (Output(cell=3, index=0, kind="stdout", text=flood),)
    made = reports.to_html(Report.model_validate(dumped), submission, samples.RUBRIC, said)
    cell = made.split('id="cell-4"')[1]
    assert "epoch 100 loss" in cell
    assert "epoch 500 loss" not in cell
    assert re.search(r"\n…\ndW1: <a class=\"answer fail\"[^>]*>tensor\(\[1.2346e-05\]\)</a>", cell)


@pytest.mark.parametrize("span", [(5, 5), (9, 3), (10, 4000), (100, 200)])
def test_a_span_that_does_not_fit_marks_nothing(span: tuple[int, int]) -> None:
    made = ran(*span)
    assert 'class="answer fail"' not in made
    assert "tensor([1.2346e-05])\nthen" in made


def test_long_outputs_are_cut_and_keep_their_place() -> None:
    flood = Execution(
        status="ok",
        outputs=tuple(Output(cell=2, index=n, kind="stdout", text="x" * 30_000) for n in range(40)),
    )
    kept = kept_outputs(flood)
    assert [o.index for o in kept] == list(range(40))
    assert (len(kept[0].text), len(kept[39].text)) == (20_000, 0)
    assert len(reports.to_html(*samples.all_right(), samples.RUBRIC, kept)) < 250_000


def test_a_report_is_typeset_again_from_what_lies_beside_it(tmp_path: Path) -> None:
    report, submission = samples.forgot_half()
    reports.write(report, submission, samples.RUBRIC, tmp_path, RUN)
    first = (tmp_path / "report.html").read_text("utf-8")
    nbformat.validate(nbformat.read(tmp_path / "executed.ipynb", as_version=4))
    assert reports.read_notebook(tmp_path) == (submission.cells, kept_outputs(RUN))
    reports.rewrite(report, samples.RUBRIC, tmp_path)
    assert (tmp_path / "report.html").read_text("utf-8") == first
    (tmp_path / "executed.ipynb").write_text("{}")
    with pytest.raises(StorageError, match=r"executed\.ipynb is not what the grader wrote"):
        reports.rewrite(report, samples.RUBRIC, tmp_path)


def test_a_notebook_that_never_ran_says_so_when_typeset_again(tmp_path: Path) -> None:
    reports.write(*samples.ungraded(), samples.RUBRIC, tmp_path)
    assert reports.read_notebook(tmp_path)[1] is None
