"""The options of `grader course` and `grader assignment`; what they do stands in `serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path, typer.Option(help="The folder of the service; made if it is not there.")]
DatabaseAddress = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="ADDRESS",
        help="postgresql://… instead of SQLite; better in GRADER_DATABASE, which nobody else reads.",
    ),
]
OfCourse = Annotated[str | None, typer.Option(help="The course. [default: the only one]")]

course_app = typer.Typer(no_args_is_help=True, help="Set up courses of the service.")
assignment_app = typer.Typer(no_args_is_help=True, help="Give assignments to the service.")


@course_app.command("add")
def course_add(
    name: Annotated[str, typer.Argument(help="Its name in addresses, e.g. dl-2026.")],
    data: Data,
    title: Annotated[str | None, typer.Option(help="What people read. [default: the name]")] = None,
    language: Annotated[str, typer.Option(help="en or de; people may choose another.")] = "en",
    zone: Annotated[str, typer.Option(help="The time zone of its dates.")] = "Europe/Berlin",
    database: DatabaseAddress = None,
) -> None:
    """Make a course."""
    from grader.commands import serve as command

    raise typer.Exit(command.add_course(data, database, name, title, language, zone))


@course_app.command("invite")
def course_invite(
    data: Data,
    role: Annotated[str, typer.Option(help="student, assistant or teacher.")] = "student",
    name: Annotated[
        str | None, typer.Option(help="Whose link it is. [default: of the course, for students]")
    ] = None,
    section: Annotated[str, typer.Option(help="The section they are in.")] = "",
    course: OfCourse = None,
    database: DatabaseAddress = None,
) -> None:
    """Print a link that lets somebody in."""
    from grader.commands import serve as command

    raise typer.Exit(command.invite(data, database, course, role, name, section))


@course_app.command("backup")
def course_backup(
    data: Data,
    to: Annotated[Path, typer.Option(help="A folder, new or an earlier backup.")],
    database: DatabaseAddress = None,
) -> None:
    """Copy database and folder, while the service runs.

    With PostgreSQL, pg_dump first: this copies the folder.
    """
    from grader.commands import serve as command

    raise typer.Exit(command.backup(data, database, to))


@course_app.command("check")
def course_check(
    data: Data,
    drop_unnamed: Annotated[
        bool,
        typer.Option(
            "--drop-unnamed",
            help="Delete files that no record names: what killed uploads and deletions left. "
            "Nothing is deleted while something is missing, as with the wrong database.",
        ),
    ] = False,
    database: DatabaseAddress = None,
) -> None:
    """See whether all that the database names is there, and whole.

    Exit code: 0 it is, 1 it is not.
    """
    from grader.commands import serve as command

    raise typer.Exit(command.check(data, database, drop_unnamed))


@assignment_app.command("add")
def assignment_add(
    data: Data,
    folder: Annotated[
        str | None, typer.Argument(help="A shipped assignment or a folder. [default: the only one shipped]")
    ] = None,
    course: OfCourse = None,
    name: Annotated[
        str | None, typer.Option("--as", help="Its name in addresses. [default: the rubric's id]")
    ] = None,
    due: Annotated[
        str | None, typer.Option(help="When it is due, with the zone. [default: as the rubric says]")
    ] = None,
    database: DatabaseAddress = None,
) -> None:
    """Take an assignment's folder in, or a further edition of it.

    A copy is kept that never changes; students' self-checks get its release, without the solution.
    """
    from grader.commands import serve as command

    raise typer.Exit(command.add_assignment(data, database, folder, course, name, due))


@assignment_app.command("import")
def assignment_import(
    out: Annotated[Path, typer.Argument(help="What `grader grade --out` wrote.")],
    data: Data,
    uploads: Annotated[
        list[Path] | None,
        typer.Option("--uploads", help="What was graded, named as then: kept as handed in. May be repeated."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--as", help="The assignment. [default: the rubric's id]")
    ] = None,
    database: DatabaseAddress = None,
) -> None:
    """Take in a class that was graded into a folder: people, uploads, reports and all marks.

    Again, after more was graded or marked there: only what is new. Nobody sees anything before you publish.
    """
    from grader.commands import serve as command

    raise typer.Exit(command.import_graded(data, database, out, name, uploads or []))
