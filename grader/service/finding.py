"""Which people of a class somebody wants to see (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grader.models import Said
from grader.service.standing import Line

KINDS: Mapping[str, Said] = {
    "": Said("everybody"),
    "nothing": Said("nothing yet"),
    "work": Said("in work"),
    "open": Said("waits for a person"),
    "graded": Said("graded"),
    "unreadable": Said("can’t be read"),
    "stuck": Said("our fault"),
    "late": Said("late"),
    "published": Said("published"),
    "changed": Said("changed"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What stands in the form above a class. show: one of `KINDS`; whatever else shows everybody."""

    show: str = ""
    section: str = ""
    find: str = ""

    def __contains__(self, line: Line) -> bool:
        """Whether this student is among those."""
        kind = {
            "work": line.state in ("waits", "runs"),
            "late": line.late,
            "published": line.published is not None,
            "changed": line.published is not None and line.changed,
        }
        shown = self.show not in KINDS or not self.show or kind.get(self.show, line.state == self.show)
        return (
            shown
            and self.section in ("", line.member.section)
            and says(self.find, line.person.name, line.member.number)
        )


def says(words: str, *texts: str) -> bool:
    """Whether each of these words stands somewhere in the texts, large or small."""
    text = " ".join(texts).casefold()
    return all(word in text for word in words.casefold().split())
