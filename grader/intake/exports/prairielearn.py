"""PrairieLearn, assessment downloads: `<uid>_…_<submission id>_<file>`.

Read: PrairieLearn/PrairieLearn, apps/prairielearn/src/pages/instructorAssessmentDownloads (the page says the
form: `<uid>_<qid>_<submission_id>_<uploaded_filename>`, and with instance, variant and submission numbers
`<uid>_<instance>_<qid>_<variant>_<number>_<submission_id>_<uploaded_filename>`).
"""

from __future__ import annotations

import re

from grader.intake.convention import Convention, Listing, Owner, Parts
from grader.models import Student

_UID = r"^(?P<uid>[^/@]+@[^_/@]+)_"
_END = r"_(?P<submission>\d+)_(?P<file>[^/]+)$"
_SHAPES = tuple(
    re.compile(_UID + numbered + qid + counted + _END)
    for numbered, counted in ((r"\d+_", r"_\d+_\d+"), (r"(?!\d+_)", ""))
    for qid in (r"(?P<qid>.+)", r"(?P<qid>.+?)")
)
"""a question's id and a file's name may hold numbers, too: what fits everybody is meant"""


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """Known by the address, the question, the same for everybody, and numbers of submissions that differ."""
    seen = next((s for shape in _SHAPES if (s := _fitting(shape, listing, insist))), None)
    if seen is None:
        return None

    def owner(parts: Parts) -> Owner | None:
        found = seen.get(parts[0])
        if found is None:
            return None
        return Owner(
            key=f"prairielearn:{found['uid']}",
            label=found["uid"],
            student=Student(id=found["uid"]),
            below=(found["file"], *parts[1:]),
            attempt=(int(found["submission"]),),
        )

    return owner


def _fitting(shape: re.Pattern[str], listing: Listing, insist: bool) -> dict[str, re.Match[str]] | None:
    tops = listing.units()
    seen = {top: m for top in tops if (m := shape.match(top))}
    whose: dict[str, set[str]] = {}
    for m in seen.values():
        whose.setdefault(m["submission"], set()).add(m["uid"])
    one_question = len({m["qid"] for m in seen.values()}) == 1
    fits = one_question and all(len(uids) == 1 for uids in whose.values()) and 2 * len(seen) > len(tops)
    return seen if fits or (insist and seen) else None
