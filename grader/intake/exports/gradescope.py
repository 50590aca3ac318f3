"""Gradescope, "Export Submissions": `submission_<id>/…` and `submission_metadata.yml`, which says whose.

No source is public; the list is the one that the graders of many courses read (`:submitters`, with
`:name`, `:sid`, `:email`; `:created_at`; `:history`). The list is Gradescope's own only at the top.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from grader.intake.convention import NOBODYS, Convention, Listing, Owner, Parts, tidy
from grader.models import Student

_LIST = "submission_metadata.yml"
_FOLDER = re.compile(r"^submission_(?P<id>\d+)(?:\.\w+)?$")


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """Known by the list at the top, which names the folders."""
    listed = _listed(listing.read((_LIST,)))
    known = [top for top in listing.units() if top in listed]
    if not known and not (insist and any(map(_FOLDER.match, listing.units()))):
        return None

    def owner(parts: Parts) -> Owner | None:
        if parts == (_LIST,):
            return NOBODYS
        found = _FOLDER.match(parts[0])
        if found is None:
            return None
        who = listed.get(parts[0], {})
        people = [p for p in who.get(":submitters") or [] if isinstance(p, dict)]
        ids = tuple(i for p in people if (i := str(p.get(":sid") or p.get(":email") or "")))
        names = [tidy(str(p.get(":name"))) for p in people if p.get(":name")]
        id = ids[0] if ids else None
        label = ", ".join(names) or id or parts[0]
        student = Student(id=id, name=", ".join(names) or None, members=ids if len(ids) > 1 else ())
        return Owner(
            key=f"gradescope:{'+'.join(sorted(ids)) or found['id']}",
            label=label,
            student=student,
            below=parts[1:] or parts,
            received_at=_time(who.get(":created_at")),
            attempt=(int(found["id"]),),
        )

    return owner


def _listed(text: str) -> Mapping[str, Mapping[str, Any]]:
    import yaml

    try:
        data = yaml.load(text, Loader=_Plain)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    if not isinstance(data, dict):
        return {}
    return {str(name): entry for name, entry in data.items() if isinstance(entry, dict)}


def _loader() -> Any:
    """Ruby's symbols (`:name`) are plain keys here; no tag makes an object."""
    import yaml

    class Plain(yaml.SafeLoader):
        pass

    Plain.add_multi_constructor("!", lambda loader, _, node: None)
    return Plain


def _time(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return None


_Plain = _loader()
