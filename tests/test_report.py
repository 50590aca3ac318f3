"""Golden reports, and what no report may do.

After a change on purpose: UPDATE_GOLDEN=1 pytest tests/test_report.py, then read the diff.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from golden import samples
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console

from grader import report as reports
from grader import text
from grader.errors import StorageError
from grader.marks import marks
from grader.marks.marks import Mark
from grader.models import Evidence, Flag, Late, Output, Report, Student
from grader.report.tensors import compare, drawn
from rubric.schema import Rubric

GOLDEN = Path(__file__).parent / "golden"
ALL = [make()[0] for make in samples.SAMPLES.values()]


def with_disclosure(disclosure: str, language: str = "en") -> Rubric:
    return samples.RUBRIC.model_copy(update={"disclosure": disclosure, "language": language})


def same(path: Path, made: str) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8"), f"{path} differs; UPDATE_GOLDEN=1 rewrites it"


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_golden_student(name: str, tmp_path: Path) -> None:
    report, submission = samples.SAMPLES[name]()
    reports.write(report, submission, samples.RUBRIC, tmp_path)
    for file in ("report.json", "report.md"):
        same(GOLDEN / name / file, (tmp_path / file).read_text(encoding="utf-8"))
    same(GOLDEN / name / "show.txt", reports.show(report, samples.RUBRIC))


def test_golden_german_with_hints_only() -> None:
    report, submission = samples.forgot_half()
    made = reports.to_markdown(report, submission, with_disclosure("hints", "de"))
    same(GOLDEN / "forgot_half" / "report.hints.de.md", made)


def test_golden_class(tmp_path: Path) -> None:
    reports.write_class(ALL, samples.RUBRIC, tmp_path)
    same(GOLDEN / "class" / "grades.csv", (tmp_path / "grades.csv").read_text(encoding="utf-8"))
    same(GOLDEN / "class" / "lines.txt", "\n".join(reports.class_lines(ALL)) + "\n")
    console = Console(file=io.StringIO(), width=100)
    console.print(reports.class_table(ALL, samples.RUBRIC))
    same(GOLDEN / "class" / "table.txt", console.file.getvalue())  # type: ignore[attr-defined]


# ---------------------------------------------------------------------------- JSON


@pytest.mark.parametrize("report", ALL, ids=lambda r: r.submission.id)
def test_json_keeps_its_schema_and_comes_back(report: Report) -> None:
    made = reports.to_json(report)
    jsonschema.validate(json.loads(made, parse_constant=pytest.fail), reports.json_schema())
    assert reports.to_json(reports.from_json(made)) == made


def test_json_has_the_keys_of_the_design_in_order() -> None:
    made = json.loads(reports.to_json(ALL[0]))
    assert list(made) == [
        *("schema_version", "submission", "rubric", "execution", "score", "max_score", "pending"),
        *(
            "needs_review",
            "participation",
            "flags",
            "questions",
            "provenance",
            "late",
            "adjusted",
            "rounding",
        ),
    ]
    assert made["questions"][1]["checks"][1]["expected"] == [0.3, -0.125]


def test_json_survives_what_utf8_and_json_cannot_say() -> None:
    report, _ = samples.forgot_half()
    check = report.questions[1].checks[1]
    assert isinstance(check.evidence, Evidence)
    bad = check.evidence.model_copy(
        update={
            "actual": [float("nan"), float("-inf"), "\ud800"],
            "text": "\x00\ud800",
            "digits": float("inf"),
        }
    )
    check = check.model_copy(update={"evidence": bad})
    question = report.questions[1].model_copy(update={"checks": (check,)})
    report = report.model_copy(update={"questions": (question,)})
    made = reports.to_json(report)
    made.encode("utf-8")
    found = json.loads(made, parse_constant=pytest.fail)["questions"][0]["checks"][0]["evidence"]
    assert found["actual"] == ["nan", "-inf", "?"]
    assert found["digits"] == 17
    jsonschema.validate(json.loads(made), reports.json_schema())
    reports.to_markdown(report, samples.submission("x", Student()), samples.RUBRIC).encode("utf-8")


def test_from_json_names_the_fault_in_one_line() -> None:
    with pytest.raises(
        StorageError, match=r"^ana/report\.json is not a report: schema_version: .*grade it again$"
    ):
        reports.from_json('{"schema_version": 2}', where="ana/report.json")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    report, submission = samples.all_right()
    reports.write(report, submission, samples.RUBRIC, tmp_path / "ana")
    before = (tmp_path / "ana" / "report.json").read_text()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"could not be written"):
        reports.write(report, submission, samples.RUBRIC, tmp_path / "file")
    reports.write(report, submission, samples.RUBRIC, tmp_path / "ana")
    assert (tmp_path / "ana" / "report.json").read_text() == before
    assert not [p for p in (tmp_path / "ana").iterdir() if p.name.startswith(".")]


# ---------------------------------------------------------------- what a student sees


def test_disclosure_decides_what_the_student_sees() -> None:
    report, submission = samples.forgot_half()
    full, hints, none = (
        reports.to_markdown(report, submission, with_disclosure(d)) for d in ("full", "hints", "none")
    )
    expected, diagnosis, differs = "1.235e-05", "twice as large", "differ from"
    assert expected in full
    assert diagnosis in full
    assert expected not in hints
    assert diagnosis in hints
    assert "✗" in hints
    for kept_back in (expected, diagnosis, differs, "equation (1)", "differ;"):
        assert kept_back not in none
    assert "not correct · 0 of 40 points" in none
    assert "2.4691e-05" in none, "the student's own print is no secret"


def test_what_is_undecided_ranks_no_guess_unless_everything_is_told() -> None:
    """The same for every reason and every print: one sentence, no quotation, no mark beside the print."""
    report, submission = samples.forgot_half()
    made = []
    for reason in ("The print fits, but so would any other small number.", "Nothing known explains it."):
        dumped = report.model_dump()
        check = dumped["questions"][1]["checks"][0]
        check.update(verdict="review", score=None, message=reason, said=None)
        made.append(Report.model_validate(dumped))
    run = [Output(cell=3, index=0, kind="stdout", text="2.4691e-05 " * 40)]
    for disclosure in ("hints", "none"):
        rubric = with_disclosure(disclosure)
        pages = {reports.to_markdown(one, submission, rubric) for one in made}
        assert len(pages) == 1 and "A person will look at this." in pages.pop()
        shown = {reports.to_html(one, submission, rubric, run) for one in made}
        assert len(shown) == 1
        assert "gradient" not in shown.pop().partition("2.4691e-05 2.4691e-05")[0][-300:]
    assert len({reports.to_markdown(one, submission, with_disclosure("full")) for one in made}) == 2


def test_the_student_learns_that_the_layout_was_turned() -> None:
    report, submission = samples.forgot_half()
    dumped = report.model_dump()
    dumped["questions"][1]["checks"][0]["evidence"]["layout"] = "transposed"
    turned = Report.model_validate(dumped)
    said = "You printed them transposed; here they are laid out like the reference."
    assert said in reports.to_markdown(turned, submission, samples.RUBRIC)
    assert said in reports.to_html(turned, submission, samples.RUBRIC)
    assert said not in reports.to_markdown(report, submission, samples.RUBRIC)


def test_what_is_wrong_with_several_checks_is_said_once_in_short() -> None:
    report, submission = samples.crashed()
    short = reports.to_markdown(report, submission, samples.RUBRIC).split("## In short")[1].split("##")[0]
    assert "**∂L/∂W1, ∂L/∂b1** (0 of 60 points): No print of this quantity was found." in short
    assert "Same results?" not in short


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("0 of 1 point", "1 point waits for a person to read", "1 point, waiting for a person")),
        ("de", ("0 von 1 Punkt", "Über 1 Punkt entscheidet", "1 Punkt, eine Person entscheidet")),
    ],
)
def test_one_point_is_not_several(language: str, said: tuple[str, ...]) -> None:
    report, submission = samples.crashed()
    dumped = report.model_dump() | {"pending": 1}
    for question in dumped["questions"]:
        question["max_score"] = 1
        question["score"] = 0
        for check in question["checks"]:
            check.update({"max_score": 1, "score": check["score"] and 0})
    made = reports.to_markdown(Report.model_validate(dumped), submission, with_disclosure("full", language))
    for sentence in said:
        assert re.search(rf"{sentence}(?!s|e|en)\b", made), sentence
    index = reports.to_index([Report.model_validate(dumped)], with_disclosure("full", language))
    assert ("1 point still waits" if language == "en" else "Über 1 Punkt entscheidet") in index


def test_typed_in_values_are_not_marked_as_different() -> None:
    report, submission = samples.forgot_half()
    dumped = report.model_dump()
    dumped["questions"][1]["checks"][0].update(typed_in=True, diagnosis=None)
    made = reports.to_markdown(Report.model_validate(dumped), submission, samples.RUBRIC)
    assert "2.469e-05  -6.200e-06  1.650e-05    1.235e-05" in made
    evidence = dumped["questions"][1]["checks"][0]["evidence"]
    evidence["actual"] = dumped["questions"][1]["checks"][0]["expected"]
    evidence["agrees"] = [[True] * len(row) for row in evidence["actual"]]
    made = reports.to_markdown(Report.model_validate(dumped), submission, samples.RUBRIC)
    assert "1.235e-05" not in made, "the right numbers beside the right numbers say nothing"


def test_a_question_says_what_of_it_waits() -> None:
    report, submission = samples.forgot_half()
    dumped = report.model_dump()
    dumped["questions"][1]["checks"][1].update(verdict="review", score=None)
    dumped["questions"][1]["score"] = 0
    made = Report.model_validate(dumped)
    said = "0 of 60 points, 20 waiting"
    assert f"| {said} |" in reports.to_markdown(made, submission, samples.RUBRIC)
    german = reports.to_markdown(made, submission, with_disclosure("full", "de"))
    assert "0 von 60 Punkten, 20 offen" in german


def test_the_reader_s_facts_stay_with_the_assistant() -> None:
    report, submission = samples.all_right()
    dumped = report.model_dump()
    dumped["questions"][2]["checks"][0]["message"] = (
        "A person reads this answer (cell 5): “4.” Facts: dW1 fail."
    )
    marked = Report.model_validate(dumped)
    for made in (
        reports.to_markdown(marked, submission, samples.RUBRIC),
        reports.to_html(marked, submission, samples.RUBRIC),
    ):
        assert "Facts" not in made
        assert "A person reads your answer." in made
        assert "4. Yes, the same as before." in made
    assert "Facts: dW1 fail." in reports.show(marked, samples.RUBRIC)


def test_flags_reasons_and_details_stay_with_the_assistant() -> None:
    for make in samples.SAMPLES.values():
        report, submission = make()
        made = reports.to_markdown(report, submission, samples.RUBRIC)
        assert "late" not in made
        assert "2 × reference" not in made
    assert "2 × reference" in reports.show(samples.forgot_half()[0], samples.RUBRIC)


def test_a_late_student_learns_what_it_costs() -> None:
    report, submission = samples.all_right()
    late = Late(due=datetime(2026, 6, 9, tzinfo=UTC), days=2, share=0.2, points=18)
    marked = report.model_copy(update={"late": late, "score": 72.0})
    said = "Handed in after the due date, 2 days begun: 18 points (20 %) are taken off."
    assert said in reports.to_markdown(marked, submission, samples.RUBRIC).replace("\\", "")
    assert said in reports.to_html(marked, submission, samples.RUBRIC)
    german = reports.to_html(marked, submission, with_disclosure("full", "de"))
    assert "2 Tage angefangen: 18 Punkte (20 %)" in german
    free = report.model_copy(update={"late": late.model_copy(update={"share": 0.0, "points": 0.0})})
    assert "due date" not in reports.to_html(free, submission, samples.RUBRIC)


@pytest.mark.parametrize("disclosure", ["full", "none"])
@pytest.mark.parametrize("given", [10.0, 4.0])
def test_a_person_s_reason_reaches_the_student(disclosure: str, given: float) -> None:
    report, submission = samples.all_right()
    mark = Mark(
        submission="ana",
        check="same",
        points=given,
        max_score=10,
        reason="Well compared.",
        by="Assistant Zoe",
        at=datetime(2026, 6, 10, tzinfo=UTC),
        verdict="review",
        score=None,
        sha256=report.submission.sha256,
    )
    rubric = with_disclosure(disclosure)
    marked = marks.apply(report, {"same": mark}, rubric)
    for made in (
        reports.to_markdown(marked, submission, rubric),
        reports.to_html(marked, submission, rubric),
    ):
        assert "Marked by hand: Well compared." in made
        assert "Assistant Zoe" not in made


def test_isolation_none_is_said_in_bold() -> None:
    report, submission = samples.crashed()
    assert "> **⚠ This notebook ran without isolation." in reports.to_markdown(
        report, submission, samples.RUBRIC
    )
    report, submission = samples.all_right()
    assert "isolation" not in reports.to_markdown(report, submission, samples.RUBRIC)


# ----------------------------------------------------------------- untrusted text


def rendered(markdown: str) -> str:
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))


HOSTILE = [
    "</code></pre><script>x()</script>",
    "```\n# 100 of 100\n```",
    "~~~~\n<b>\n~~~~",
    "[a](javascript:x()) ![i](http://e/) <http://e/>",
    "| a | b |\n|---|---|",
    "&lt;b&gt; **bold** _under_ `code` ``",
    "\x1b[2J\x00\u202eabc\u2028",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markdown_never_becomes_markup(hostile: str) -> None:
    report, submission = samples.forgot_half()
    dumped = report.model_dump()
    dumped["submission"]["student"]["name"] = hostile
    dumped["execution"]["errors"] = [{"cell": 0, "name": hostile, "message": hostile}]
    dumped["execution"]["missing_packages"] = [hostile]
    for question in dumped["questions"]:
        for check in question["checks"]:
            if check["evidence"]:
                check["evidence"] |= {"label": hostile, "text": hostile, "layout": hostile}
    start = {"markdown": "4. It is all the same ", "code": ""}
    cells = tuple(c.model_copy(update={"source": start[c.kind] + hostile}) for c in submission.cells)
    made = reports.to_markdown(
        Report.model_validate(dumped), submission.model_copy(update={"cells": cells}), samples.RUBRIC
    )
    plain = reports.to_markdown(*samples.forgot_half(), samples.RUBRIC)
    page = rendered(made)
    for tag in ("<script", "<b>", "<img", "<a ", "<em>", "\x1b", "\x00", "\u202e"):
        assert tag not in page, tag
    for tag in ("<h1>", "<h2>", "<h3>", "<table>", "<pre>", "<hr />", "<blockquote>"):
        extra = 1 if tag == "<h2>" else 0  # "When your notebook ran", for the errors put in
        assert page.count(tag) == rendered(plain).count(tag) + extra, tag


STUDENT_TEXT = st.text() | st.text(alphabet="`*_[]<>()!#\\~|=-+1.&;:/a \n\r\t\x1b\u2028")


@given(STUDENT_TEXT)
def test_code_fence_cannot_be_left(student: str) -> None:
    page = rendered(text.fence(text.excerpt(student)) + "\n\nEND")
    assert page.count("<pre>") == 1
    assert page.endswith("</code></pre>\n<p>END</p>\n")


@given(STUDENT_TEXT)
def test_inline_text_stays_one_paragraph_without_markup(student: str) -> None:
    page = rendered(f"{text.paragraph(student) or 'a'} {text.code(student)} b")
    tags = page.replace("<code>", "").replace("</code>", "")
    assert tags.startswith("<p>")
    assert tags.endswith(" b</p>\n")
    assert tags.count("<") == 2


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " =", "＝"])
def test_csv_text_is_no_formula_and_numbers_are_numbers(start: str) -> None:
    report, _ = samples.all_right()
    dumped = report.model_dump()
    dumped["submission"]["student"]["name"] = f'{start}HYPERLINK("http://e")\n,x'
    dumped["score"] = -0.5
    made = reports.to_csv([Report.model_validate(dumped)], samples.RUBRIC)
    (row,) = csv.DictReader(io.StringIO(made))
    assert row["student_name"].startswith("'")
    assert row["score"] == "-0.5"
    assert len(made.splitlines()) == 2


def test_csv_has_a_row_per_submission_and_no_zero_for_null() -> None:
    rows = {r["id"]: r for r in csv.DictReader(io.StringIO(reports.to_csv(ALL, samples.RUBRIC)))}
    assert len(rows) == 4
    assert rows["dora"]["score"] == ""
    assert rows["dora"]["status"] == "sandbox_error"
    assert rows["dora"]["dW1.points"] == ""
    assert rows["ana"]["score"] == "90"
    assert rows["ana"]["same.points"] == ""
    assert rows["ana"]["same.verdict"] == "review"
    assert rows["ben"]["q2.total"] == "5"
    assert rows["'=eve"]["flags"] == "late; =evil()"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\x1b[2Jb", "a⟨U+001B⟩[2Jb"),
        ("abc\u202etxt", "abc⟨U+202E⟩txt"),
        ("x\u2060\ufff9\U000e0041y", "x⟨U+2060⟩⟨U+FFF9⟩⟨U+E0041⟩y"),
        ("half \ud83d of a pair", "half \ufffd of a pair"),
        ("a\r\nb\rc\td", "a\nb\nc\td"),
        ("Zoë 李小龍 محمد 👩\u200d👧", "Zoë 李小龍 محمد 👩\u200d👧"),
    ],
)
def test_characters_that_act_or_hide_are_named_and_others_stay(written: str, shown: str) -> None:
    assert text.visible(written) == shown


def test_wide_letters_keep_the_columns_of_a_plain_list() -> None:
    reports_ = [
        ALL[0].model_copy(update={"submission": ALL[0].submission.model_copy(update={"id": name})})
        for name in ("李小龍", "anna_b")
    ]
    narrow, wide = reports.class_lines(reports_)
    assert (narrow.index("90 of"), wide.index("90 of")) == (8, 5)


def test_terminal_text_holds_no_control_characters() -> None:
    report, _ = samples.crashed()
    dumped = report.model_dump()
    dumped["flags"] = [{"id": "\x1b[2J", "message": "\x1b]0;x\x07"}]
    dumped["submission"]["id"] = "\x1b[31m[bold]x"
    report = Report.model_validate({**dumped, "flags": (Flag(id="\x1b[2J", message="\x07"),)})
    console = Console(file=io.StringIO(), width=120, force_terminal=False)
    console.print(reports.class_table([report], samples.RUBRIC))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "[bold]x" in shown
    for made in (reports.show(report, samples.RUBRIC), "\n".join(reports.class_lines([report])), shown):
        assert not any(ord(c) < 32 and c != "\n" for c in made)


# ------------------------------------------------------------------------- tensors


def grid(actual: object, expected: object = None, agrees: object = None) -> str:
    shown = compare(actual, expected, agrees)
    assert shown is not None
    return drawn(shown.actual)


def test_departing_elements_are_marked_and_the_worst_is_named() -> None:
    shown = compare([[1.0, 2.5], [3.25, 9.0]], [[1.0, 2.0], [3.25, 4.0]], [[True, False], [True, False]])
    assert shown is not None
    assert drawn(shown.actual) == "1.000    2.500 ✗\n3.250    9.000 ✗"
    assert drawn(shown.expected) == "1.000  2.000\n3.250  4.000"
    assert shown.worst is not None
    assert (shown.worst.index, shown.worst.actual, shown.worst.expected) == ((1, 1), "9.000", "4.000")


def test_digits_grow_until_a_difference_is_seen() -> None:
    assert grid([0.731058], [0.731059], [False]) == "0.731058 ✗"
    assert grid([1.5e-5, 0.0]) == "1.500e-05  0"
    assert grid([3.0, -12.0]) == "3  -12"


@pytest.mark.parametrize(
    ("actual", "shown"),
    [
        (0.5, "0.5000"),
        ([[]], None),
        (None, None),
        (["nan", "inf", "-inf", None], "nan  inf  -inf  …"),
        ([[1.0], [2.0, 3.0]], "1\n2  3"),
        ([[[1.0]], [[2.0]]], "[0]\n1\n\n[1]\n2"),
        ("text", "…"),
    ],
)
def test_any_nesting_is_shown_or_left_out(actual: object, shown: str | None) -> None:
    made = compare(actual, None, None)
    assert (drawn(made.actual) if made else None) == shown


def test_a_large_matrix_loses_its_middle() -> None:
    lines = grid([[float(100 * r + c) for c in range(40)] for r in range(40)]).split("\n")
    assert len(lines) == 12
    assert lines[0].split() == ["0", "1", "2", "3", "4", "5", "…", "35", "36", "37", "38", "39"]
    assert set(lines[6].split()) == {"…"}


def test_shapes_that_differ_are_shown_without_a_worst_element() -> None:
    shown = compare([1.0, 2.0], [[1.0], [2.0], [3.0]], [False, False])
    assert shown is not None
    assert shown.worst is None
    assert shown.departing == 2
