"""Names after a pattern that somebody wrote: `{name} - {file}`, `{name}/Version {attempt}/{file}` (pure)."""

from __future__ import annotations

import re

from grader.errors import UsageError
from grader.intake.convention import Convention, Owner, Parts, tidy
from grader.models import Student

_FIELDS = {
    "name": r"(?P<name>.+?)",
    "id": r"(?P<id>.+?)",
    "login": r"(?P<login>.+?)",
    "group": r"(?P<group>.+?)",
    "assignment": r"(?P<assignment>.+?)",
    "attempt": r"(?P<attempt>\d{1,9})",
    "file": r"(?P<file>.+)",
}
_WHO = ("id", "login", "name", "group")


def by_pattern(pattern: str, source: str = "pattern") -> Convention:
    """The fields of `_FIELDS` in braces in names of folders and of the file, outermost first.

    Without `{file}` at its end the last name may be a folder's or the file's own. Raises `UsageError` for a
    pattern that says nobody's name or can't be read.
    """
    fields = re.findall(r"\{(\w+)\}", pattern)
    unknown = [f for f in fields if f not in _FIELDS]
    if unknown or not set(_WHO) & set(fields) or len(set(fields)) < len(fields) or "//" in pattern:
        raise UsageError(
            f"--pattern {pattern!r}: expected {{name}}, {{id}}, {{login}} or {{group}}, each once, and "
            "nothing else in braces but {assignment}, {attempt} and {file}; / between the names of folders"
        )
    levels = [_level(part) for part in pattern.strip("/").split("/")]

    def owner(parts: Parts) -> Owner | None:
        if len(parts) < len(levels):
            return None
        seen: dict[str, str] = {}
        for level, part in zip(levels, parts, strict=False):
            if (found := level.match(part)) is None:
                return None
            seen |= found.groupdict()
        rest = parts[len(levels) :]
        below = (seen["file"], *rest) if "file" in seen else rest or parts[-1:]
        who = next(seen[field] for field in _WHO if field in seen)
        name = seen.get("name")
        attempt = int(seen["attempt"]) if "attempt" in seen else None
        student = Student(
            id=seen.get("id") or seen.get("login"),
            name=tidy(name) if name else None,
            group=seen.get("group"),
            attempt=attempt,
        )
        part_of = f"{seen['assignment']}/" if "assignment" in seen else ""
        return Owner(
            key=f"{source}:{part_of}{who}",
            label=name or who,
            student=student,
            below=below,
            attempt=(attempt,) if attempt is not None else (),
        )

    return owner


def _level(text: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", text)
    return re.compile("".join(_FIELDS[p] if i % 2 else re.escape(p) for i, p in enumerate(pieces)) + r"\Z")
