"""Moodle, "Download all submissions" (mod/assign/locallib.php, download_submissions)."""

from __future__ import annotations

import re

from grader.intake.convention import Convention, Listing, Owner, Parts, tidy
from grader.models import Student

_OWN = r"^(?P<name>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?:file|onlinetext)"
_FOLDER = re.compile(f"{_OWN}_?$")
_FLAT = re.compile(f"{_OWN}_(?P<file>.+)$")
_BLIND = re.compile(
    r"^(participants?|teilnehmer\S*|participante|partecipante|deelnemer|deltager|deltagare|uczestnik|účastník|"
    r"osallistuja|participant|résztvevő|участник|учасник|katılımcı|参加者|参与者)$",
    re.IGNORECASE,
)


def recognise(listing: Listing, insist: bool) -> Convention:
    """`Full Name_<id>_assignsubmission_file/…`, flat, blind, teams.

    Whoever is in no team hands in for the default group, which has no id. Moodle's own mark is looked for
    from the left: a student may hand in a file that was downloaded from Moodle before.
    """
    return _owner


def _owner(parts: Parts) -> Owner | None:
    found = None if len(parts) == 1 else _FOLDER.match(parts[0])
    below = parts[1:]
    if found is None and (found := _FLAT.match(parts[0])) is not None:
        below = (found["file"], *parts[1:])
    if found is None:
        return None
    blind = _BLIND.match(found["name"]) is not None
    name = tidy(found["name"])
    label = f"{found['name']}_{found['id']}" if blind else name
    student = Student(id=found["id"], name=None if blind else name)
    return Owner(f"moodle:{found['id'] or name}", label, student, below)
