"""The Markdown that a job's page shows (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.handback.standing import Standing
from grader.report.statistics import ClassStatistics, statistics
from grader.text import markdown
from grader.words.speech import Speech, speech
from grader.words.terms import MARKS, STATUSES
from rubric.schema import Rubric

MOST_BYTES = 1_000_000
"""GitHub shows a summary of at most 1 MiB"""


def of_student(standing: Standing, page: str, fail_under: float | None) -> str:
    """The student's page, with what was asked for below its heading. page: Markdown of the report."""
    return _cut(_student(standing, page, fail_under))


def of_few(
    standings: Sequence[Standing], pages: Sequence[str], rubric: Rubric, fail_under: float | None
) -> str:
    """One row per submission, then the page of each."""
    figures = statistics([s.report for s in standings], rubric)
    shown = (_student(s, page, fail_under) for s, page in zip(standings, pages, strict=True))
    return _cut("\n\n".join([*_head(standings, figures, rubric, fail_under), *shown]))


def of_class(standings: Sequence[Standing], rubric: Rubric, fail_under: float | None) -> str:
    """One row per submission, then how the class did on each check. For teachers: it names everybody."""
    figures = statistics([s.report for s in standings], rubric)
    blocks = [*_head(standings, figures, rubric, fail_under), *_by_check(figures, speech(rubric.language))]
    return _cut("\n\n".join(blocks) + "\n")


def of_checks(checks: Sequence[Sequence[str]]) -> str:
    """What the self-check says of each notebook, as it says it on a terminal."""
    # indented lines are shown as they are: no student's text can end that
    return _cut(
        "\n\n<!-- -->\n\n".join("\n".join(f"    {line}" for line in lines) for lines in checks) + "\n"
    )


def _student(standing: Standing, page: str, fail_under: float | None) -> str:
    asked = _asked(standing, fail_under)
    heading, _, rest = page.partition("\n\n")
    return f"{heading}\n\n{asked}\n\n{rest}" if asked else page


def _asked(standing: Standing, fail_under: float | None) -> str:
    if standing.ours:
        return f"**{standing.again}**"
    if fail_under is None or standing.reached is None:
        return ""
    speak = standing.view.speak
    percent = speak.points(fail_under)
    if standing.reached:
        return speak("✅ At least {percent} % of the points are asked for: reached.", percent=percent)
    return speak("❌ At least {percent} % of the points are asked for: not reached.", percent=percent)


def _head(
    standings: Sequence[Standing], figures: ClassStatistics, rubric: Rubric, fail_under: float | None
) -> Iterator[str]:
    speak = speech(rubric.language)
    yield f"# {markdown(rubric.title)}"
    parts = [speak("{n} of {all} graded", n=figures.graded, all=figures.count)]
    if figures.mean is not None and figures.median is not None:
        parts.append(
            speak(
                "mean {mean}, median {median} of {most}",
                mean=speak.points(figures.mean),
                median=speak.points(figures.median),
                most=speak.points(rubric.points),
            )
        )
    waiting = sum(s.report.needs_review and s.view.graded for s in standings)
    parts.append(speak.counted(waiting, "{n} waits for a person", "{n} wait for a person"))
    if fail_under is not None:
        missed = sum(s.reached is False and not s.ours for s in standings)
        parts.append(speak("{n} below {share} %", n=missed, share=speak.points(fail_under)))
    yield f"**{'; '.join(parts)}.**"
    yield "\n".join(_rows(standings, speak))


def _by_check(figures: ClassStatistics, speak: Speech) -> Iterator[str]:
    check, passed = speak("check"), speak("passed")
    yield "## " + speak("By check")
    yield "\n".join(
        [
            f"| {check} | {passed} | " + " | ".join(MARKS.values()) + " |",
            "| --- | ---: | " + " | ".join("---:" for _ in MARKS) + " |",
            *(
                f"| {markdown(rate.title)} | {rate.passed:.0%} | "
                + " | ".join(str(rate.counts[name]) for name in MARKS)
                + " |"
                for rate in figures.checks
            ),
        ]
    )


def _rows(standings: Sequence[Standing], speak: Speech) -> Iterator[str]:
    heads = [speak("submission"), speak("points"), speak("waiting"), speak("checks")]
    yield f"| {' | '.join(heads)} | |"
    yield "| --- | ---: | ---: | --- | --- |"
    for standing in standings:
        report, view = standing.report, standing.view
        score = "–" if report.score is None else speak.points(report.score)
        waiting = speak.points(report.pending) if report.pending else ""
        marks = " ".join("".join(MARKS[c.verdict] for c in q.checks) for q in view.questions)
        notes = [] if report.execution.status == "ok" else [_status(speak, standing)]
        if standing.reached is False and not standing.ours:
            notes.append("❌")
        name = markdown(report.submission.id, 80)
        yield f"| {name} | {score} | {waiting} | {marks} | {markdown(', '.join(notes), 200)} |"


def _status(speak: Speech, standing: Standing) -> str:
    return speak.of(STATUSES[standing.report.execution.status])


def _cut(text: str) -> str:
    data = text.encode("utf-8", "replace")
    if len(data) <= MOST_BYTES:
        return data.decode()
    lines = data[:MOST_BYTES].decode("utf-8", "ignore").rpartition("\n")[0]
    return f"{lines}\n\n… cut here: the whole is among the job's files.\n"
