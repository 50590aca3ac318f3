"""`grader lookalikes`: code that is alike, side by side, for a person to judge."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from grader import lookalikes, results
from grader.batch import STATE
from grader.commands import folder
from grader.errors import GraderError, UsageError
from grader.journal import Journal
from grader.lookalikes import Code, Lookalikes, Pair
from grader.progress import say
from grader.report.alike import SIDE_BY_SIDE
from grader.report.files import write_text
from grader.report.html import policy
from grader.report.text import one_line, spreadsheet
from grader.store import submissions

_SHOWN = 60
_INTRODUCTION = (
    "These submissions have code in common that most of the class does not have. That proves nothing: "
    "people learn together, use the same book, or hand in for each other by mistake. Read both, and ask. "
    "Names of variables, comments, strings and blanks were not compared."
)
_STYLE = """
:root { color-scheme: light dark; --page: #f6f5f1; --ink: #1c1d20; --code: #fff; --line: #dcd9d1;
  --mark: #ffe08a }
@media (prefers-color-scheme: dark) {
  :root { --page: #141619; --ink: #e9e7e2; --code: #1d2024; --line: #363a41; --mark: #5c4a12 }
}
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 100rem; padding: 0 1.25rem;
  color: var(--ink); background: var(--page); overflow-wrap: anywhere }
h3 { font-size: 1rem; margin: 1.5rem 0 0 }
figure { margin: 0; min-width: 0 } figcaption { margin: .2rem 0; opacity: .8 }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem;
  margin: .5rem 0 2rem; scroll-margin-top: 1rem }
pre { overflow: auto; max-height: 40rem; background: var(--code); border: 1px solid var(--line);
  border-radius: 8px; padding: .75rem; font-size: 12px; margin: 0 }
mark { background: var(--mark); color: inherit }
:target { outline: 3px solid var(--mark); outline-offset: 4px }
"""


def run(out: Path, to: Path | None) -> str:
    """Write the page and the table; the line to print. Raises `UsageError`, `StorageError`."""
    folder.must_hold_reports(out)
    journal = Journal(out / STATE / "journal.jsonl", read_only=True)
    found = lookalikes.find(_codes(out, journal))
    if not found.compared:
        raise UsageError(f"{out} keeps no submissions; grade them again with this version")
    page = to or out / SIDE_BY_SIDE
    table = page.with_suffix(".csv")
    write_text(page, _page(found))
    write_text(table, _table(found))
    if to is None:
        _list_them(out)
    return (
        f"{len(found.pairs)} pairs and {len(found.identical)} groups of identical code among "
        f"{found.compared} submissions ({found.too_short} too short to compare), for a person to read: "
        f"{page}, {table}"
    )


def _list_them(out: Path) -> None:
    """Put them on the class page; where that can't be done now, the next run does it."""
    try:
        with folder.locked(out) as journal:
            sha256 = results.graded_by(out, results.members(out, journal))
            results.write_class(out, journal, (), folder.rubric_of(out), sha256)
    except GraderError as error:
        say(f"{out / 'index.html'} does not list them yet: {error}")


def _codes(out: Path, journal: Journal) -> Iterator[Code]:
    kept = submissions(out / STATE)
    for entry in results.members(out, journal):
        submission = kept.get(entry.fingerprint)
        if submission is not None and submission.problem is None:
            yield lookalikes.code_of(submission)


def _table(found: Lookalikes) -> str:
    buffer = io.StringIO()
    rows = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    rows.writerow(["kind", "first", "second", "share_of_first", "share_of_second"])
    for group in found.identical:
        rows.writerows(
            ["identical", spreadsheet(group[0].id), spreadsheet(other.id), 1, 1] for other in group[1:]
        )
    for pair in found.pairs:
        one, two = (round(s, 3) for s in pair.share)
        rows.writerow(["alike", spreadsheet(pair.first.id), spreadsheet(pair.second.id), one, two])
    return buffer.getvalue()


def _page(found: Lookalikes) -> str:
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Look-alikes</title>",
        '<meta name=viewport content="width=device-width, initial-scale=1">',
        f'<meta http-equiv=Content-Security-Policy content="{escape(policy([_STYLE]))}">',
        f"<style>{_STYLE}</style><main><h1>Code that is alike</h1><p>{_INTRODUCTION}</p>",
    ]
    if found.identical:
        parts.append("<h2>The same code, but for names and comments</h2>")
        parts += [_side_by_side(n, group) for n, group in enumerate(found.identical, 1)]
    parts.append(
        "<h2>Pairs, the most alike first</h2>"
        if found.pairs
        else "<p>No pair of different code is alike.</p>"
    )
    parts += [_pair(n, pair) for n, pair in enumerate(found.pairs[:_SHOWN], 1)]
    if len(found.pairs) > _SHOWN:
        parts.append(f"<p>{len(found.pairs) - _SHOWN} more pairs stand in the table beside this page.</p>")
    return "\n".join([*parts, "</main>"]) + "\n"


def _pair(number: int, pair: Pair) -> str:
    one, two = (f"{100 * share:.0f} %" for share in pair.share)
    head = f"<h3 id=pair-{number}>{_who(pair.first)}, {_who(pair.second)}</h3>"
    said = f"<p>{one} of the first's own code is in the second, {two} the other way round.</p>"
    left, right = pair.passages
    return f"{head}{said}<div class=pair>{_code(pair.first, left)}{_code(pair.second, right)}</div>"


def _side_by_side(number: int, group: Sequence[Code]) -> str:
    """Everybody's name, and two of them, as the others are the same."""
    head = f"<h3 id=group-{number}>{', '.join(map(_who, group))}</h3>"
    codes = "".join(_code(code, ()) for code in group[:2]) if number <= _SHOWN else ""
    return f"{head}<div class=pair>{codes}</div>" if codes else head


def _code(code: Code, passages: Sequence[tuple[int, int]]) -> str:
    parts, end = [], 0
    for start, stop in sorted(passages):
        start = max(start, end)  # noqa: PLW2901
        if stop > start:
            parts += [escape(code.text[end:start]), "<mark>", escape(code.text[start:stop]), "</mark>"]
            end = stop
    parts.append(escape(code.text[end:]))
    return f"<figure><figcaption>{_who(code)}</figcaption><pre tabindex=0>{''.join(parts)}</pre></figure>"


def _who(code: Code) -> str:
    name = one_line(code.name, 80)
    shown = f"<bdi>{escape(name)}</bdi>"
    return shown if code.name == code.id else f"{shown} (<bdi>{escape(one_line(code.id, 80))}</bdi>)"
