"""PrairieLearn, assessment downloads: `<uid>_…_<submission id>_<file>`.

Read: PrairieLearn/PrairieLearn, apps/prairielearn/src/pages/instructorAssessmentDownloads (the page says the
form: `<uid>_<qid>_<submission_id>_<uploaded_filename>`, and with instance, variant and submission numbers
`<uid>_<instance>_<qid>_<variant>_<number>_<submission_id>_<uploaded_filename>`).
"""

from __future__ import annotations

import re

from grader.intake.convention import Convention, Listing, Owner, Parts
from grader.models import Student

_MANUAL = re.compile(r"^(?P<uid>[^/@]+@[^_/@]+)_(?P<qid>(?!\d+_).+?)_(?P<submission>\d+)_(?P<file>[^/]+)$")
_ALL = re.compile(
    r"^(?P<uid>[^/@]+@[^_/@]+)_(?P<instance>\d+)_(?P<qid>.+?)_(?P<variant>\d+)_(?P<number>\d+)_"
    r"(?P<submission>\d+)_(?P<file>[^/]+)$"
)


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """Known by the address, the question, the same for everybody, and numbers of submissions that differ."""
    tops = listing.units()
    shape = _ALL if all(map(_ALL.match, tops)) else _MANUAL
    seen = {top: m for top in tops if (m := shape.match(top))}
    if not seen:
        return None
    whose: dict[str, set[str]] = {}
    for m in seen.values():
        whose.setdefault(m["submission"], set()).add(m["uid"])
    one_question = len({m["qid"] for m in seen.values()}) == 1
    if not insist and not (one_question and all(len(uids) == 1 for uids in whose.values())):
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
