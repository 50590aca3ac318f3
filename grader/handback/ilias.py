"""ILIAS: the archive for feedback to many at once (docu.ilias.de, Exercise, "Multi-Feedback").

`multi_feedback_<Title>_<id>/<last>_<first>_<login>_<user id>/<file>`: a folder whose name begins with
`multi_feedback`, and the user id behind the last underscore, are all that ILIAS reads of the names
(Modules/Exercise/classes/class.ilExAssignment.php). With the empty archive from ILIAS its own are used.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

from grader.errors import UsageError
from grader.handback.given import Handed, NotHanded, by_platform_id
from grader.text import one_line
from rubric.schema import Rubric

_PERSON = re.compile(r"^.+_(\d+)$")
_ROOT = re.compile(r"^multi_feedback_.+$")


def feedback(
    given: Sequence[Handed], rubric: Rubric, title: str | None, template: Path | None
) -> tuple[list[tuple[str, Path]], list[NotHanded]]:
    """Names in the archive with their files, and who has no folder there. Raises `UsageError`."""
    known = _folders(template) if template is not None else {}
    root = next(iter(known.values())).split("/")[0] if known else _root(title or rubric.title)
    files: list[tuple[str, Path]] = []
    left: list[NotHanded] = []
    for id, handed in by_platform_id(given).items():
        page = handed.folder / "report.html"
        if not page.is_file():
            left.append(NotHanded(handed.id, "its report.html is missing"))
        elif template is not None and id not in known:
            left.append(NotHanded(handed.id, f"the archive from ILIAS has no folder for user {id}"))
        else:
            files.append((f"{known.get(id) or f'{root}/{_person(handed, id)}'}/feedback.html", page))
    left += [NotHanded(h.id, "its ILIAS user id is not known") for h in given if h.student.id is None]
    return files, left


def _root(title: str) -> str:
    return f"multi_feedback_{re.sub(r'[^0-9A-Za-zÄÖÜäöüß]+', '_', title).strip('_')}_0"


def _person(handed: Handed, id: str) -> str:
    """The folder of the upload where it is this person's; else the id alone tells."""
    for part in handed.report.submission.path.split("/")[:-1]:
        if (found := _PERSON.match(part)) and found[1] == id:
            return part
    return f"user_{id}"


def _folders(template: Path) -> dict[str, str]:
    """User id → folder, in the archive (or a folder unpacked from it) that ILIAS gives out."""
    try:
        if template.is_dir():
            names = [f"{template.name}/{p.name}/" for p in template.iterdir() if p.is_dir()]
        else:
            with zipfile.ZipFile(template) as archive:
                names = archive.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise UsageError(f"{template} can't be read ({error}); name the archive from ILIAS") from error
    found: dict[str, str] = {}
    for name in names:
        parts = name.split("/")
        if len(parts) >= 3 and _ROOT.match(parts[0]) and (person := _PERSON.match(parts[1])):
            found[person[1]] = "/".join(parts[:2])
    if not found:
        raise UsageError(
            f"{one_line(str(template))} has no multi_feedback_… folder; name the archive from ILIAS"
        )
    return found
