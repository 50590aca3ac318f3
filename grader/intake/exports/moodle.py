"""Moodle's "download all submissions" (pure)."""

from __future__ import annotations

import re

from grader.intake.convention import Convention, Listing, Owner, Parts, tidy
from grader.models import Student

_MOODLE = r"^(?P<name>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?:file|onlinetext)"
_MOODLE_FOLDER = re.compile(f"{_MOODLE}_?$")
_MOODLE_FLAT = re.compile(f"{_MOODLE}_(?P<file>.+)$")
_BLIND = re.compile(r"^(participant|teilnehmer\S*|participante|partecipante)$", re.IGNORECASE)


def recognise(listing: Listing, insist: bool) -> Convention:
    """`Full Name_<id>_assignsubmission_file/…`, flat, blind, teams.

    Whoever is in no team hands in for the default group, which has no id. Moodle's own mark is looked for
    from the left: a student may hand in a file that was downloaded from Moodle before.
    """
    return _moodle_owner


def _moodle_owner(parts: Parts) -> Owner | None:
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        found = None if last else _MOODLE_FOLDER.match(part)
        below = parts[i + 1 :]
        if found is None and (found := _MOODLE_FLAT.match(part)) is not None:
            below = (found["file"], *parts[i + 1 :])
        if found is not None:
            blind = _BLIND.match(found["name"]) is not None
            name = tidy(found["name"])
            label = f"{found['name']}_{found['id']}" if blind else name
            student = Student(id=found["id"], name=None if blind else name)
            return Owner(f"moodle:{found['id'] or name}", label, student, below)
    return None
