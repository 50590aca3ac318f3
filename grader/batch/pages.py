"""Students' pages and the marks on them: which pages lag behind, and writing those again.

A mark is on the disk before a page shows it; a crash, a full disk or a run that holds the folder can come
between the two. `OUT/.grader/pages.json` says which marks each page shows, so whoever comes next makes
good what was left undone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from grader import report as reports
from grader.batch.keys import digest
from grader.errors import StorageError
from grader.folder.files import settle, write_text
from grader.folder.journal import JournalEntry
from grader.marks import marks
from grader.marks.marks import Mark, Marks
from rubric.schema import Rubric

_STAMP = "pages.json"
_NOTED_TOGETHER = 100


def lagging(state: Path, entries: Sequence[JournalEntry], by_hand: Marks) -> dict[str, dict[str, Mark]]:
    """Submission id → the marks that count for it, where its page shows others."""
    shown = _shown(state)
    marked = {m.submission for m in by_hand.all} | {m.origin for m in by_hand.all}
    origins = {e.origin for e in entries}
    found = {
        e.id: by_hand.of(e.id, e.origin, origins)
        for e in entries
        if e.id in shown or e.id in marked or e.origin in marked
    }
    return {id: given for id, given in found.items() if _stamp(given) != shown.get(id, "")}


def catch_up(out: Path, state: Path, entries: Sequence[JournalEntry], by_hand: Marks, rubric: Rubric) -> None:
    """Write the pages that lag behind. Hold the lock first. Raises `StorageError`.

    A page whose report or notebook is missing or damaged is left: grading it again makes it anew.
    """
    written: dict[str, str] = {}
    for id, given in lagging(state, entries, by_hand).items():
        path = out / id / "report.json"
        try:
            automatic = reports.from_json(path.read_text("utf-8"), str(path))
            reports.read_notebook(out / id)
        except (OSError, UnicodeDecodeError, StorageError):
            continue
        reports.rewrite(marks.apply(automatic, given, rubric), rubric, out / id)
        written[id] = _stamp(given)
        if len(written) == _NOTED_TOGETHER:
            _note(out, state, written)
    if written:
        _note(out, state, written)


def _note(out: Path, state: Path, written: dict[str, str]) -> None:
    settle(out)
    shown = {id: stamp for id, stamp in (_shown(state) | written).items() if stamp}
    write_text(state / _STAMP, json.dumps(shown, sort_keys=True) + "\n")
    written.clear()


def _shown(state: Path) -> dict[str, str]:
    try:
        data = json.loads((state / _STAMP).read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(id): str(stamp) for id, stamp in data.items()} if isinstance(data, dict) else {}


def _stamp(given: dict[str, Mark]) -> str:
    return digest(sorted(m.model_dump_json() for m in given.values())) if given else ""
