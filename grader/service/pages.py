"""Pages: templates with everything escaped, in the reader's language, times in the course's zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_skeleton, format_timedelta, get_timezone_name
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from grader.report.html import prose
from grader.text import visible
from grader.words.speech import SOURCE, languages, speech

_EUROPEAN = "en_GB"
"""English with the day before the month, so that nobody mistakes a due date"""


def language(*wanted: str | None) -> str:
    """The first language that we speak among what is wanted; each may be a header Accept-Language."""
    known = languages()
    for one in wanted:
        for part in (one or "").split(","):
            code = part.partition(";")[0].strip().lower().partition("-")[0]
            if code in known:
                return code
    return SOURCE


@cache
def _named() -> tuple[tuple[str, str], ...]:
    """Each language that we speak with its own name for itself."""
    return tuple((code, Locale.parse(code).get_display_name(code) or code) for code in languages())


@cache
def zone(name: str) -> ZoneInfo:
    """A time zone by its name; UTC for one that is not known here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


@lru_cache(maxsize=20_000)
def when(moment: datetime, language: str, zone_name: str) -> str:
    """`Tue, 9 Jun 2026, 14:25 CEST`, in a zone, as its language's readers write it."""
    local = moment.astimezone(zone(zone_name))
    return f"{_said(local, 'yMMMEd', language)} {_zone_said(local, language)}"


@lru_cache(maxsize=20_000)
def when_briefly(moment: datetime, language: str, zone_name: str) -> str:
    """`9 Jun 2026, 14:25`, for a column of a table."""
    return _said(moment.astimezone(zone(zone_name)), "yMMMd", language)


def _said(local: datetime, day: str, language: str) -> str:
    locale = _EUROPEAN if language == SOURCE else language
    return ", ".join(format_skeleton(s, local, locale=locale) for s in (day, "Hm"))


def _zone_said(local: datetime, language: str) -> str:
    """`CEST`, in German `MESZ`; as the zone calls itself where a language has no short name for it."""
    own = local.tzname() or ""
    named = own if language == SOURCE else get_timezone_name(local, width="short", locale=language)
    return named if named.isalpha() else own


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

    def time(moment: datetime, *, brief: bool = False) -> Markup:
        said = (when_briefly if brief else when)(moment, language, zone_name)
        return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(timespec="seconds"), said)

    made = _environment().get_template(template)
    speak = speech(language)

    def span(length: timedelta) -> str:
        return format_timedelta(length, granularity="minute", threshold=1.5, locale=language)

    page = made.render(
        speak=speak,
        counted=speak.counted,
        language=language,
        languages=_named(),
        time=time,
        span=span,
        zone=zone_name,
        **values,
    )
    return page.encode("utf-8", "replace").decode("utf-8")
