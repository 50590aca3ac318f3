"""Hand-built reports of an invented two-layer homework, as the steps before would hand them over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from grader.models import (
    Answer,
    Cell,
    CellError,
    CheckResult,
    Diagnosis,
    Evidence,
    ExecutionSummary,
    Flag,
    Isolation,
    Provenance,
    QuestionResult,
    Report,
    RubricRef,
    Said,
    Student,
    Submission,
    SubmissionRef,
    Usage,
    WorldRef,
)
from rubric.schema import Rubric

RUBRIC = Rubric.model_validate(
    {
        "id": "tiny",
        "version": "1",
        "title": "Homework 9",
        "participation": 0.5,
        "worlds": [{"name": "handout", "seed": 1}, {"name": "second", "seed": 2, "precision": 9}],
        "vocabulary": {"output": ["f(x)"], "W1": ["W1"], "b1": ["b1"]},
        "questions": [
            {
                "id": "q1",
                "title": "2. Forward pass",
                "checks": [
                    {
                        "kind": "tensor",
                        "id": "output",
                        "title": "Output of the network",
                        "points": 30,
                        "quantity": "output",
                        "labels": [["output"]],
                        "hint": "Print the value that your network returns, after the last layer.",
                    }
                ],
            },
            {
                "id": "q2",
                "title": "3. Gradients",
                "checks": [
                    {
                        "kind": "tensor",
                        "id": "dW1",
                        "title": "∂L/∂W1",
                        "points": 40,
                        "quantity": "dW1",
                        "labels": [["W1"]],
                        "hint": "Compare your loss with equation (1), factor by factor. "
                        "Then print `W1.grad` after `loss.backward()`.",
                    },
                    {
                        "kind": "tensor",
                        "id": "db1",
                        "title": "∂L/∂b1",
                        "points": 20,
                        "quantity": "db1",
                        "labels": [["b1"]],
                    },
                ],
            },
            {
                "id": "q3",
                "title": "4. Comparison with your earlier homework",
                "checks": [
                    {"kind": "text", "id": "same", "title": "Same results?", "points": 10, "headings": ["4"]}
                ],
            },
        ],
    }
)

OUTPUT = [[-0.04421, 0.01873], [0.73106, 0.26894]]
DW1 = [[1.2345678e-05, -3.1e-06, 8.25e-06], [2.5e-05, -1.75e-05, 4.0e-07]]
DB1 = [0.30000000000000004, -0.125]
SHA = "9f2c" * 16
PROVENANCE = Provenance(
    grader="0.1.0",
    torch="2.13.0",
    python="3.11.7",
    worlds=(
        WorldRef(name="handout", status="ok", wall_s=0.31),
        WorldRef(name="second", status="ok", wall_s=0.29),
    ),
)
REF = RubricRef(id="tiny", version="1", sha256="ab" * 32, title="Homework 9")
FULL = Isolation(tier="full", layers={"landlock": "on", "seccomp": "on"})

CELLS = (
    Cell(index=0, kind="markdown", source="# Homework 9"),
    Cell(index=1, kind="code", source="import torch\ntorch.manual_seed(1)\n"),
    Cell(index=2, kind="code", source="# forward\nout = net(x)\nprint(out)"),
    Cell(index=3, kind="code", source="loss.backward()\nprint('dW1:', W1.grad)\nprint('db1:', b1.grad)"),
    Cell(index=4, kind="markdown", source="4. Yes, the same as before."),
)


def submission(name: str, student: Student, cells: tuple[Cell, ...] = CELLS) -> Submission:
    return Submission(id=name, path=f"{name}.ipynb", sha256=SHA, cells=cells, student=student)


def evidence(cell: int, label: str, text: str, actual: object, agrees: object) -> Evidence:
    shape = (2, 2) if label == "" else (2, 3) if "W" in label else (2,)
    return Evidence(
        cell=cell,
        output=0,
        span=(0, len(text)),
        label=label,
        text=text,
        shape=shape,
        layout="as expected",
        reasons=("value", "shape") if not label else ("value", "label", "shape"),
        digits=4.2,
        worlds=("handout", "second"),
        actual=actual,
        agrees=agrees,
    )


def check(**fields: Any) -> CheckResult:
    """As the grader makes it: with the sentence as data, and the rubric's hint where it helps."""
    asked = {c.id: c for c in RUBRIC.checks()}.get(fields["id"])
    helps = asked is not None and fields["verdict"] in ("fail", "missing", "partial")
    said = Said(fields["message"])
    return CheckResult.model_validate({"said": said, "hint": asked.hint if helps else "", **fields})


def output_right() -> CheckResult:
    text = "tensor([[-0.0442,  0.0187],\n        [ 0.7311,  0.2689]])"
    return check(
        id="output",
        title="Output of the network",
        verdict="pass",
        score=30,
        max_score=30,
        message="Correct.",
        evidence=evidence(2, "", text, [[-0.0442, 0.0187], [0.7311, 0.2689]], [[True, True], [True, True]]),
        expected=OUTPUT,
    )


def gradient(factor: float) -> CheckResult:
    right = factor == 1
    actual = [[float(f"{v * factor:.4e}") for v in row] for row in DW1]
    rows = [", ".join(f"{v: .4e}" for v in row) for row in actual]
    half = Diagnosis(
        ids=("no_half",),
        message="Your gradients are twice as large throughout: the loss has a factor in front of the square.",
        detail="loss without the factor 1/2; gradients are 2 × reference",
        alternatives=("gradients_accumulated",),
    )
    return check(
        id="dW1",
        title="∂L/∂W1",
        verdict="pass" if right else "fail",
        score=40 if right else 0,
        max_score=40,
        message="Correct." if right else "The printed values differ from the expected ones.",
        evidence=evidence(
            3,
            "dW1:",
            f"tensor([[{rows[0]}],\n        [{rows[1]}]])",
            actual,
            [[right] * 3, [right] * 3],
        ),
        diagnosis=None if right else half,
        expected=DW1,
    )


def bias(actual: list[float | None], agrees: list[bool], verdict: str, score: float) -> CheckResult:
    return check(
        id="db1",
        title="∂L/∂b1",
        verdict=verdict,
        score=score,
        max_score=20,
        message={"pass": "Correct.", "partial": "Partly correct."}[verdict],
        evidence=evidence(3, "db1:", f"tensor({actual})", actual, agrees),
        expected=DB1,
    )


def comparison() -> CheckResult:
    return check(
        id="same",
        title="Same results?",
        verdict="review",
        score=None,
        max_score=10,
        message="A person will read your answer.",
        answer=Answer(text="4. Yes, the same as before.", cell=4),
    )


def report(
    name: str,
    student: Student,
    checks: list[CheckResult],
    execution: ExecutionSummary,
    *,
    addressed: tuple[bool, bool, bool] = (True, True, True),
    flags: tuple[Flag, ...] = (),
) -> Report:
    groups = [("q1", checks[:1]), ("q2", checks[1:3]), ("q3", checks[3:])]
    questions = []
    for (qid, members), said, done in zip(groups, RUBRIC.questions, addressed, strict=True):
        scores = [c.score for c in members]
        decided = [s for s in scores if s is not None]
        questions.append(
            QuestionResult(
                id=qid,
                title=said.title,
                score=sum(decided),
                max_score=said.points,
                addressed=done,
                checks=tuple(members),
            )
        )
    pending = sum(c.max_score for c in checks if c.score is None)
    ungraded = execution.status == "sandbox_error"
    return Report(
        submission=SubmissionRef(
            id=name,
            path=f"{name}.ipynb",
            sha256=SHA,
            student=student,
            received_at=datetime(2026, 6, 9, 10, 0, tzinfo=UTC),
        ),
        rubric=REF,
        execution=execution,
        score=None if ungraded else sum(c.score for c in checks if c.score is not None),
        max_score=100,
        pending=pending,
        needs_review=pending > 0,
        participation=sum(addressed) / 3,
        flags=flags,
        questions=tuple(questions),
        provenance=PROVENANCE,
    )


ANA = Student(id="4711", name="Ana Müller", group="Tue 3", attempt=1)
BEN = Student(id="4712", name="Ben O’Neill")
EVE = Student(id="=1+1", name='=cmd|"/c calc"!A1 <script>alert(1)</script> [x](javascript:alert(1))')


def all_right() -> tuple[Report, Submission]:
    run = ExecutionSummary(
        status="ok", message="", isolation=FULL, wall_s=0.3121, errors=(), usage=Usage(cpu_s=0.28)
    )
    checks = [output_right(), gradient(1), bias([0.3, -0.125], [True, True], "pass", 20), comparison()]
    return report("ana", ANA, checks, run), submission("ana", ANA)


def forgot_half() -> tuple[Report, Submission]:
    run = ExecutionSummary(status="ok", message="", isolation=FULL, wall_s=0.298, errors=())
    checks = [
        output_right(),
        gradient(2),
        bias([0.3, float("nan")], [True, False], "partial", 5),
        comparison(),
    ]
    return report("ben", BEN, checks, run), submission("ben", BEN)


def crashed() -> tuple[Report, Submission]:
    run = ExecutionSummary(
        status="timeout",
        message="cell 4 exceeded 30 s",
        isolation=Isolation(tier="none"),
        wall_s=30.4,
        errors=(CellError(cell=2, name="NameError", message="name '<img src=x>' is not defined"),),
        stopped_at=3,
        missing_packages=("torchvision",),
    )
    attack = "```\n</code></pre><script>alert(1)</script>\n# 100 of 100 points\x1b[2J\u202e\n````"
    missing = [
        check(
            id=name,
            title=title,
            verdict="missing",
            score=0,
            max_score=most,
            message="No print of this quantity was found.",
            expected=right,
        )
        for name, title, most, right in (("dW1", "∂L/∂W1", 40, DW1), ("db1", "∂L/∂b1", 20, DB1))
    ]
    output = check(
        id="output",
        title="Output of the network",
        verdict="fail",
        score=0,
        max_score=30,
        message="The printed values differ from the expected ones.",
        evidence=evidence(
            2, "", attack, [[-0.04, None], [float("inf"), 0.2689]], [[False, False], [False, True]]
        ),
        expected=OUTPUT,
    )
    checks = [output, *missing, comparison()]
    flags = (
        Flag(id="late", message="received 2 h after the due date"),
        Flag(id="=evil()", message="<b>x</b>"),
    )
    result = report("=eve", EVE, checks, run, addressed=(True, False, False), flags=flags)
    return result, submission("=eve", EVE)


def ungraded() -> tuple[Report, Submission]:
    run = ExecutionSummary(
        status="sandbox_error",
        message="the kernel did not start within 60 s; run the same command again",
        isolation=Isolation(tier="full"),
        wall_s=60.0,
        errors=(),
    )
    dora = Student(name="Dora")
    checks = [
        check(id=c.id, title=c.title, verdict="review", score=None, max_score=c.points, message="Not graded.")
        for c in RUBRIC.checks()
    ]
    return report("dora", dora, checks, run), submission("dora", dora)


SAMPLES = {"all_right": all_right, "forgot_half": forgot_half, "crashed": crashed, "ungraded": ungraded}
