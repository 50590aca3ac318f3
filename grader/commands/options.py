"""Options of the command line that several commands share, and the choices that some of them give."""

from __future__ import annotations

import pkgutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Rubric = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FOLDER",
        help="A shipped assignment by name, or a folder. [default: the only one that is shipped]",
    ),
]
Jobs = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Notebooks at a time. [default: as many as processors]")
]
Timeout = Annotated[
    float | None,
    typer.Option(min=0.1, metavar="SECONDS", help="Time for one run of a whole notebook. [default: 120]"),
]
Broker = Annotated[
    str | None,
    typer.Option(
        metavar="URL|FILE",
        envvar="GRADER_BROKER",
        show_envvar=False,
        help="Have workers run notebooks: amqp(s)://LOGIN:PASSWORD@HOST/VHOST, or a file that holds it.",
    ),
]
CellTimeout = Annotated[
    float | None, typer.Option(min=0.1, metavar="SECONDS", help="Time for one cell. [default: 30]")
]


class IsolationOption(StrEnum):
    """The least isolation that is acceptable."""

    NONE = "none"
    BASE = "base"
    NAMESPACES = "namespaces"
    FULL = "full"


class CI(StrEnum):
    """A CI platform; plain: a log and files."""

    GITHUB = "github"
    GITLAB = "gitlab"
    PLAIN = "plain"


class Told(StrEnum):
    """What a student's page tells; `rubric.schema.Disclosure`."""

    FULL = "full"
    HINTS = "hints"
    NONE = "none"


def _platforms() -> list[str]:
    """Whose exports are understood: one file each in grader/intake/exports, and a plain folder."""
    exports = Path(__file__).parents[1] / "intake" / "exports"
    return [*(m.name.replace("_", "-") for m in pkgutil.iter_modules([str(exports)])), "folder"]


def _known_platform(name: str | None) -> str | None:
    if name is not None and name not in _platforms():
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(_platforms())}")
    return name


Source = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="|".join(_platforms()),
        callback=_known_platform,
        help="Whose export this is. [default: recognised]",
    ),
]


class ExportFormat(StrEnum):
    """Forms in which grades are handed back; `grader.commands.export.FORMATS`."""

    MOODLE = "moodle"
    CANVAS = "canvas"
    ILIAS = "ilias"
    GRADESCOPE = "gradescope"
    PRAIRIELEARN = "prairielearn"
    GITHUB = "github-classroom"
    JUNIT = "junit"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"
