"""Pages: templates with everything escaped, in English or German, times in the course's zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_datetime
from babel.messages.pofile import read_po
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from grader.report.html import prose
from grader.text import visible

LANGUAGES = ("en", "de")
_FORMS = {"en": "EEE d MMM y, HH:mm", "de": "EEE d. MMM y, HH:mm"}


def language(*wanted: str | None) -> str:
    """The first language that we speak among what is wanted; each may be a header Accept-Language."""
    for one in wanted:
        for part in (one or "").split(","):
            code = part.partition(";")[0].strip().lower()[:2]
            if code in LANGUAGES:
                return code
    return LANGUAGES[0]


@cache
def _catalogue(language: str) -> dict[str, str]:
    if language == "en":
        return {}
    with (files("grader.service") / "locale" / f"{language}.po").open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string}


def translator(language: str) -> Callable[[str], str]:
    """English → that language; what has no translation stays English."""
    known = _catalogue(language)
    return lambda text: known.get(text, text)


@cache
def zone(name: str) -> ZoneInfo:
    """A time zone by its name; UTC for one that is not known here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def when(moment: datetime, language: str, zone_name: str) -> str:
    """`Tue 9 Jun 2026, 14:25 MESZ`, in a zone."""
    local = moment.astimezone(zone(zone_name))
    return f"{format_datetime(local, _FORMS[language], locale=language)} {local.tzname()}"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("grader.service"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    made.filters["size"] = _size
    made.filters["prose"] = prose
    return made


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1e6:.1f} MB"


def render(template: str, language: str, zone_name: str, **values: Any) -> str:
    """One page."""

    def time(moment: datetime) -> Markup:
        said = when(moment, language, zone_name)
        return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(timespec="seconds"), said)

    made = _environment().get_template(template)
    page = made.render(_=translator(language), language=language, time=time, zone=zone_name, **values)
    return page.encode("utf-8", "replace").decode("utf-8")
