"""What a draft leaves open, on one page: the default that was taken, and what says otherwise (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from grader.drafting.infer import Assumption, Draft

PAGE = "questions.md"
"""the file in the assignment's folder"""

_HEAD = """\
# {title}: what the draft took for granted

Nothing here needs an answer: what stands under *taken* holds. For something else, write what stands under
*otherwise* into the notebook: `# grade: …` at the end of the line that shows the value, `(10 points)` into
the heading of a question. Then draft again, into a new folder. Or change `rubric.yaml`.
"""


def page(draft: Draft, mistakes: int) -> str:
    """The page as Markdown. mistakes: how many likely ones were kept."""
    about_all = [a for a in draft.assumed if not a.question]
    parts = [
        _HEAD.format(title=draft.rubric["title"]),
        *_table("The whole assignment", [*about_all, *_of_the_folder(draft, mistakes)]),
    ]
    for question, assumed in groupby((a for a in draft.assumed if a.question), lambda a: a.question):
        parts += _table(question, assumed)
    return "\n".join(parts) + "\n"


def _of_the_folder(draft: Draft, mistakes: int) -> Iterator[Assumption]:
    rubric = draft.rubric
    yield Assumption("", "language of the reports", rubric["language"], "`language: de` in rubric.yaml")
    yield Assumption("", "deadline", "none", "`due: 2026-06-09T14:25:00+02:00` in rubric.yaml")
    if any("files" in world for world in rubric["worlds"]):
        yield Assumption(
            "", "data in the second world", "the rows drawn anew", "files of your own in data/second"
        )
    if len(rubric["worlds"]) == 1:
        yield Assumption(
            "",
            "second world",
            "none, since neither a seed nor a file changes what is shown; what also stands in the code waits",
            "data that is drawn behind a seed, or read from a file",
        )
    for name, limit in rubric.get("limits", {}).items():
        said = ", ".join(limit) if isinstance(limit, list) else f"{limit:g}"
        yield Assumption("", f"limits: {name}", said, "`limits` in rubric.yaml")
    yield Assumption(
        "", "likely mistakes", f"{mistakes}, told to who makes them", "delete them in solution.json"
    )


def _table(title: str, rows: Iterable[Assumption]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| about | taken | otherwise |\n|---|---|---|"
    yield from (f"| {' | '.join(_cell(text) for text in (a.name, a.taken, a.otherwise))} |" for a in rows)
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
