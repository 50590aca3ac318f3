"""Autolab, "Download all submissions": `<email>_<version>_<file>`, the address twice in newer versions.

Read: autolab/Autolab, app/models/submission.rb (handin_file) and app/controllers/submissions_controller.rb
(download_filename, which puts the address in once more, two words before the end).
"""

from __future__ import annotations

import re

from grader.intake.convention import Convention, Listing, Owner, Parts
from grader.models import Student

_FILE = re.compile(
    r"^(?P<email>[^/@]+@[^_/@]+)_(?:(?P=email)_)?(?P<attempt>\d+)_(?:(?P=email)_)?(?P<file>.+)$"
)


def recognise(listing: Listing, insist: bool) -> Convention:
    """Known by the address with which every name begins."""
    return _owner


def _owner(parts: Parts) -> Owner | None:
    found = _FILE.match(parts[0])
    if found is None:
        return None
    email, attempt = found["email"], int(found["attempt"])
    return Owner(
        key=f"autolab:{email}",
        label=email,
        student=Student(id=email, attempt=attempt),
        below=(found["file"].replace(f"_{email}_", "_", 1), *parts[1:]),
        attempt=(attempt,),
    )
