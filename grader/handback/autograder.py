"""Results files of autograders: Gradescope, PrairieLearn, GitHub Classroom (pure)."""

from __future__ import annotations

import base64
import json
from typing import Any

from grader.handback.given import Handed, comment, percent, view
from grader.judging.late import FLAG
from grader.report.view import CheckView, StudentView
from rubric.schema import Rubric

_PASSED = {"pass": "passed"}


def gradescope(handed: Handed, rubric: Rubric) -> str:
    """results.json (gradescope-autograders.readthedocs.io, "Output Format"). Needs a grade."""
    report, seen = handed.report, view(handed.report, rubric)
    tests = []
    for number, (question, check, score, most) in enumerate(_checks(handed, seen), 1):
        test: dict[str, Any] = {
            "max_score": most,
            "name": f"{question}: {check.title}",
            "number": str(number),
            "output": _said(check),
            "output_format": "text",
            "visibility": "visible",
            "tags": [check.id, check.verdict],
        }
        if score is not None:
            test |= {"score": score, "status": _PASSED.get(check.verdict, "failed")}
        tests.append(test)
    return _json(
        {
            "score": handed.grade,
            "execution_time": round(report.execution.wall_s),
            "output": comment(report, rubric),
            "output_format": "text",
            "visibility": "visible",
            "stdout_visibility": "hidden",
            "extra_data": {"pending": report.pending, "rubric": report.rubric.version},
            "tests": tests,
        }
    )


def prairielearn(handed: Handed, rubric: Rubric) -> str:
    """results.json (docs.prairielearn.com, "External grading", "Grading results").

    An upload that can't be read is not gradable, which costs the student no attempt; everything else needs
    a grade.
    """
    seen = view(handed.report, rubric)
    if handed.report.execution.status == "unreadable":
        run = handed.report.execution
        return _json({"gradable": False, "format_errors": [seen.speak.either(run.said, run.message)]})
    return _json(
        {
            "gradable": True,
            "score": round(percent(handed.report, handed.grade or 0.0), 6),
            "message": seen.headline,
            "output": comment(handed.report, rubric),
            "tests": [
                {
                    "name": check.id,
                    "description": f"{question}: {check.title}",
                    "points": score,
                    "max_points": most,
                    "message": check.points,
                    "output": _said(check),
                }
                for question, check, score, most in _checks(handed, seen)
                if score is not None
            ],
        }
    )


def github_classroom(handed: Handed, rubric: Rubric) -> str:
    """The result of a Classroom runner (github.com/classroom-resources/autograding-grading-reporter).

    The reporter adds up the scores of all tests (src/notify-classroom.js), so lateness is one, below zero.
    """
    seen = view(handed.report, rubric)
    tests = [
        _classroom_test(
            check.title,
            check.id,
            "pass" if check.verdict == "pass" else "fail",
            score,
            most,
            _said(check),
            handed,
        )
        for _, check, score, most in _checks(handed, seen)
        if score is not None
    ]
    if (late := handed.report.late) is not None and late.points:
        flag = next((f for f in handed.report.flags if f.id == FLAG), None)
        sentence = seen.speak.either(flag.said, flag.message) if flag else ""
        tests.append(_classroom_test("late", "late", "fail", -late.points, 0.0, sentence, handed))
    passed = all(t["status"] == "pass" for t in tests)
    ran = handed.report.execution.status in ("ok", "error")
    return _json(
        {
            "version": 1,
            "status": "error" if not ran else "pass" if passed else "fail",
            "max_score": handed.report.max_score,
            "tests": tests,
        }
    )


def _classroom_test(
    name: str, code: str, status: str, score: float, most: float, message: str, handed: Handed
) -> dict[str, Any]:
    return {
        "name": name,
        "status": status,
        "score": score,
        "max_score": most,
        "message": message,
        "test_code": code,
        "filename": "",
        "line_no": 0,
        "execution_time": f"{handed.report.execution.wall_s:.2f}s",
    }


def encoded(text: str) -> str:
    """Base64 on one line, as the reporter reads it from the runner's output."""
    return base64.b64encode(text.encode()).decode() + "\n"


def _checks(handed: Handed, seen: StudentView) -> list[tuple[str, CheckView, float | None, float]]:
    return [
        (shown.title, view, check.score, check.max_score)
        for question, shown in zip(handed.report.questions, seen.questions, strict=True)
        for check, view in zip(question.checks, shown.checks, strict=True)
    ]


def _said(check: CheckView) -> str:
    return " ".join(part for part in (check.message, check.comment, check.wrong, check.hint) if part)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
