"""The command line: parse, call, exit code. Imports what a command needs only when it is called."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from grader.commands.formats import report_app, rubric_app
from grader.commands.options import (
    CI,
    Broker,
    CellTimeout,
    ExportFormat,
    IsolationOption,
    Jobs,
    Rubric,
    Source,
    Timeout,
    Told,
)
from grader.commands.serving import DatabaseAddress, assignment_app, course_app
from grader.errors import GraderError, UsageError
from grader.text import line_of

app = typer.Typer(
    name="grader",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"grader {version('notebook-grader')}")
        raise typer.Exit


@app.callback()
def _every_command(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Grade deep-learning notebooks by what they really print."""
    if sys.platform == "win32":
        raise UsageError(
            "this needs Linux, which cages the notebooks; on Windows install WSL (`wsl --install` in a "
            "terminal) and run the same commands in it"
        )
    from grader.commands.sweep import sweep

    sweep()


app.add_typer(rubric_app, name="rubric")
app.add_typer(report_app, name="report")
app.add_typer(course_app, name="course")
app.add_typer(assignment_app, name="assignment")


@app.command()
def grade(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH…", help="Notebooks, folders or zips that hold some, exports of a platform."
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="Folder for the reports; the same one goes on with a stopped run.")
    ],
    rubric: Rubric = None,
    jobs: Jobs = None,
    timeout: Timeout = None,
    cell_timeout: CellTimeout = None,
    isolation: Annotated[
        IsolationOption | None,
        typer.Option(help="Refuse to run with less. [default: base]", show_default=False),
    ] = None,
    allow_unsafe: Annotated[
        bool, typer.Option("--allow-unsafe", help="Run student code unprotected where nothing better works.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Run and grade again what is already done.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Only this submission id (* and ? allowed); may be repeated.")
    ] = None,
    source: Source = None,
    pattern: Annotated[
        str | None, typer.Option(help="How the files or folders are called, e.g. '{name} - {file}'.")
    ] = None,
    roster: Annotated[
        Path | None, typer.Option(help="A CSV of the course: id, name, login, group, section.")
    ] = None,
    extensions: Annotated[
        Path | None, typer.Option(help="A CSV of who has longer: id and due, days or hours.")
    ] = None,
    broker: Broker = None,
) -> None:
    """Grade uploads: a report for each, a table for all.

    Reports are OUT/<id>/report.json, .html and .md; the class is OUT/index.html and OUT/grades.csv.

    Exit code: 0 every submission was graded, 1 some could not be graded, 2 usage or rubric error,
    3 something of ours failed (run the same command again), 130 stopped by Ctrl-C.
    """
    from grader.commands import grade as command

    request = command.GradeRequest(
        paths=paths,
        out=out,
        rubric=rubric,
        jobs=jobs,
        total_s=timeout,
        cell_s=cell_timeout,
        isolation=None if isolation is None else isolation.value,
        allow_unsafe=allow_unsafe,
        force=force,
        only=only or [],
        source=source,
        pattern=pattern,
        roster=roster,
        extensions=extensions,
        broker=broker,
    )
    raise typer.Exit(command.run(request))


@app.command()
def show(
    out: Annotated[Path, typer.Argument(help="The folder that `grader grade` wrote.")],
    student: Annotated[str, typer.Argument(help="A submission id, or a word of it that fits one only.")],
    rubric: Annotated[str | None, typer.Option(help="The assignment, if it has moved since.")] = None,
) -> None:
    """Show evidence, expected and actual of each check."""
    from grader.commands import show as command
    from grader.commands.progress import say

    for line in command.run(out, student, rubric).splitlines():
        say(line)


@app.command()
def rescore(
    out: Annotated[Path, typer.Argument(help="The folder that `grader grade` wrote.")],
    rubric: Annotated[str | None, typer.Option(help="The changed assignment. [default: the same]")] = None,
    to: Annotated[
        Path | None, typer.Option(help="A new folder for the reports, to compare with `grader diff`.")
    ] = None,
) -> None:
    """Judge a class again after a change of the rubric.

    Nothing runs: what the notebooks printed was kept.

    Exit code: 0 every submission was judged, 1 some have to run again with `grader grade`.
    """
    from grader.commands import rescore as command

    raise typer.Exit(command.run(out, rubric, to))


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="A folder that `grader grade` or `rescore` wrote.")],
    new: Annotated[Path, typer.Argument(help="Another one.")],
    csv: Annotated[Path | None, typer.Option(help="Write the differences to this file, too.")] = None,
) -> None:
    """Show whose marks differ between two folders, and why."""
    from grader.commands import diff as command
    from grader.commands.progress import say

    for line in command.run(old, new, csv):
        say(line)


@app.command()
def mark(
    out: Annotated[Path, typer.Argument(help="The folder that `grader grade` wrote.")],
    student: Annotated[str | None, typer.Argument(help="A submission id, or a word of it.")] = None,
    check: Annotated[str | None, typer.Argument(help="A check of the rubric.")] = None,
    points: Annotated[str | None, typer.Argument(help="Its points.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why; the student reads it.")] = None,
    by: Annotated[str | None, typer.Option(help="Who decides. [default: the user]")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take the mark back.")] = False,
    sheet: Annotated[
        Path | None, typer.Option("--from", help="A sheet filled in, of `grader sheet`.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Overrule what somebody else decided.")] = False,
    above: Annotated[bool, typer.Option("--above", help="More points than the check is worth.")] = False,
    add: Annotated[
        str | None, typer.Option(help="Points on the whole, instead of a check; below zero: --add=-5.")
    ] = None,
    member: Annotated[
        str | None, typer.Option(metavar="ID", help="With --add: for this member of a team alone.")
    ] = None,
    comment: Annotated[
        str | None, typer.Option(help="Words for the student, on a check or the whole, and no mark.")
    ] = None,
    carry: Annotated[
        str | None, typer.Option(help="OLD=NEW: give the marks of a check that was renamed to the new one.")
    ] = None,
) -> None:
    """Mark a check by hand, or many from a sheet.

    Marks survive every regrade and count in every export. One that was given for another notebook or verdict
    waits for a second look.
    """
    from grader.commands import mark as command
    from grader.errors import UsageError
    from grader.marks import marks
    from grader.marks.sheet import number

    if carry is not None:
        old, _, new = carry.partition("=")
        if not new or student is not None:
            raise UsageError("--carry expects OLD=NEW and nothing else, e.g. --carry comparison=results")
        raise typer.Exit(command.carry(out, old.strip(), new.strip(), by))
    if sheet is not None:
        if student is not None:
            raise UsageError("--from takes students and checks from the sheet; leave them out")
        raise typer.Exit(command.mark(out, command.from_sheet(sheet, reason), by, replace=replace))
    if student is not None and (add is not None or comment is not None) and points is None:
        topic = marks.COMMENT + check if check is not None else marks.REMARK
        amount = 0.0 if comment is not None else number(add or "", "")
        words = comment if comment is not None else reason
        whole = marks.WHOLE if member is None else marks.MEMBER + member
        decision = command.MarkRequest(
            student,
            topic if comment is not None else whole,
            None if undo else amount,
            words or ("taken back" if undo else ""),
        )
        raise typer.Exit(command.mark(out, [decision], by, replace=replace))
    if member is not None:
        raise UsageError("--member goes with --add, e.g. --member 102 --add=-5")
    if student is None or check is None or (points is None) != undo:
        raise UsageError("expected OUT STUDENT CHECK POINTS, or --undo instead of POINTS, or --from SHEET")
    given = None if points is None else number(points, "")
    decision = command.MarkRequest(
        student, check, given, reason or ("taken back" if undo else ""), above=above
    )
    raise typer.Exit(command.mark(out, [decision], by, replace=replace))


@app.command()
def sheet(
    out: Annotated[Path, typer.Argument(help="The folder that `grader grade` wrote.")],
    to: Annotated[Path | None, typer.Option(help="The file to write. [default: OUT/sheet.csv]")] = None,
    all: Annotated[bool, typer.Option("--all", help="Every check, not only those that wait.")] = False,
) -> None:
    """Write a CSV of what waits for a person.

    Filled in, it goes to `grader mark --from`.
    """
    from grader.commands import mark as command
    from grader.commands.progress import say

    say(command.sheet(out, to, all))


@app.command()
def review(
    out: Annotated[Path, typer.Argument(help="The folder that `grader grade` wrote.")],
    by: Annotated[str | None, typer.Option(help="Who decides. [default: the user]")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    rubric: Annotated[str | None, typer.Option(help="The assignment, if it has moved since.")] = None,
) -> None:
    """Settle in the browser what waits for a person.

    Texts, unclear prints, flags and look-alikes, one after another.
    """
    from grader.commands import review as command

    raise typer.Exit(command.run(out, by, port, browser, rubric))


@app.command()
def check(
    notebook: Annotated[Path, typer.Argument(help="Your notebook.")],
    rubric: Rubric = None,
    allow_unsafe: Annotated[
        bool, typer.Option("--allow-unsafe", help="Run it unprotected: for your own notebook only.")
    ] = False,
) -> None:
    """Check your own notebook before you hand it in.

    It says what is found, missing, or not reproducible.

    Exit code: 0 everything asked for was found, 1 not.
    """
    from grader.commands import check as command

    raise typer.Exit(command.run(command.CheckRequest(notebook, rubric, allow_unsafe)))


@app.command()
def ci(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="A student's push, or a class.")],
    out: Annotated[Path, typer.Option(help="Folder for the reports.")] = Path("grader-out"),
    rubric: Rubric = None,
    fail_under: Annotated[
        float | None,
        typer.Option(min=0, max=100, metavar="PERCENT", help="Fail where somebody has less of the points."),
    ] = None,
    disclosure: Annotated[
        Told | None,
        typer.Option(
            help="The most that students are told: expected values, diagnoses, or verdicts only. "
            "[default: what the rubric says]",
            show_default=False,
        ),
    ] = None,
    platform: Annotated[
        CI | None, typer.Option(help="What to write for. [default: found out]", show_default=False)
    ] = None,
    jobs: Jobs = None,
    timeout: Timeout = None,
    broker: Broker = None,
) -> None:
    """Grade in a CI job of GitHub Actions or GitLab.

    The result is written where the platform looks for it.

    Exit code: 0 graded, and everybody reached --fail-under; 1 somebody did not (points that wait for a
    person count as reached); 2 usage or rubric error; 3 something of ours failed, run the job again.
    """
    from grader.commands import ci as command
    from grader.commands import grade as grading

    asked = grading.GradeRequest(
        paths=paths,
        out=out,
        rubric=rubric,
        jobs=jobs,
        total_s=timeout,
        disclosure=None if disclosure is None else disclosure.value,
        broker=broker,
    )
    request = command.JobRequest(asked, fail_under, None if platform is None else platform.value)
    raise typer.Exit(command.run(request, os.environ))


@app.command()
def lookalikes(
    out: Annotated[Path, typer.Argument(help="The folder that `grader grade` wrote.")],
    to: Annotated[Path | None, typer.Option(help="The page to write. [default: OUT/lookalikes.html]")] = None,
) -> None:
    """List submissions whose code is alike.

    Side by side, for a person to read: never a verdict.
    """
    from grader.commands import lookalikes as command
    from grader.commands.progress import say

    say(command.run(out, to))


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="The folder that `grader grade` wrote.")],
    to: Annotated[ExportFormat, typer.Option(help="What to write.")],
    listing: Annotated[
        Path | None,
        typer.Option("--list", help="The platform's own worksheet, gradebook or archive, to be filled in."),
    ] = None,
    into: Annotated[Path | None, typer.Option(help="Where to write. [default: OUT/export/FORMAT]")] = None,
    title: Annotated[
        str | None, typer.Option(help="The assignment's name on the platform. [default: the rubric's title]")
    ] = None,
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Without names and ids.")] = False,
    include_pending: Annotated[
        bool, typer.Option("--include-pending", help="Give grades also where points wait for a person.")
    ] = False,
    scale: Annotated[
        bool, typer.Option("--scale", help="Convert to the maximum grade of the platform.")
    ] = False,
) -> None:
    """Write grades and reports as a platform takes them.

    Marks given by hand are in them.

    Exit code: 0 everybody got a grade, 1 somebody did not (their cells stay as they are).
    """
    from grader.commands import export as command

    request = command.ExportRequest(out, to.value, listing, into, title, anonymous, include_pending, scale)
    raise typer.Exit(command.run(request))


@app.command()
def serve(
    data: Annotated[Path, typer.Option(help="The folder of the service; made if it is not there.")],
    database: DatabaseAddress = None,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8000,
    workers: Annotated[
        int | None, typer.Option(min=0, max=64, help="Workers beside it. [default: settings.toml, or 1]")
    ] = None,
    jobs: Jobs = None,
    broker: Broker = None,
) -> None:
    """Serve a course: students hand in, assistants and teachers work.

    Prints the teacher's invitation while no teacher has signed in.
    """
    from grader.commands import serve as command

    raise typer.Exit(command.serve(command.Serving(data, database, host, port, workers, jobs, broker)))


@app.command()
def worker(
    broker: Annotated[
        str,
        typer.Option(
            metavar="URL|FILE",
            envvar="GRADER_BROKER",
            show_envvar=False,
            help="amqp(s)://LOGIN:PASSWORD@HOST/VHOST, or a file that holds it.",
        ),
    ],
    jobs: Jobs = None,
    until_idle: Annotated[
        float | None,
        typer.Option(min=0, metavar="SECONDS", help="End when nothing came for so long. [default: never]"),
    ] = None,
) -> None:
    """Run notebooks for `grader grade --broker` on other machines.

    SIGTERM or Ctrl-C: what runs is finished, the rest goes to other workers.

    Exit code: 0 stopped, 2 usage error, 3 no broker, no cage, or refused by the head.
    """
    from grader.commands import worker as command

    raise typer.Exit(command.run(broker, jobs, until_idle))


@app.command()
def broker(
    out: Annotated[Path, typer.Option(help="Folder for the files; passwords that are there stay.")],
    host: Annotated[str, typer.Option(help="The broker's name for heads and workers.")] = "localhost",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="[default: 5672, with TLS 5671]", show_default=False)
    ] = None,
    listen: Annotated[str, typer.Option(metavar="ADDRESS", help="Only there. [default: everywhere]")] = "",
    place: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Where the broker finds the files. [default: --out]")
    ] = None,
    certificate: Annotated[str, typer.Option(metavar="FILE", help="For TLS, as the broker finds it.")] = "",
    key: Annotated[str, typer.Option(metavar="FILE", help="Its key.")] = "",
    authority: Annotated[str, typer.Option(metavar="FILE", help="Who signed it.")] = "",
) -> None:
    """Write what RabbitMQ needs for `--broker`: settings, queues, two restricted logins.

    head.url is for `grader grade --broker`, worker.url for `grader worker --broker`.
    """
    from grader.commands import broker as command

    raise typer.Exit(command.run(out, host, place, port, listen, (certificate, key, authority)))


@app.command()
def submit(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Your notebook, and what it reads.")],
    to: Annotated[str, typer.Option(help="The assignment's address, as https://…/a/NAME.")],
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the self-check.")] = 60.0,
) -> None:
    """Hand in at a course's server; the token stands in GRADER_TOKEN.

    Exit code: 0 everything asked for was found (or the self-check has not come yet), 1 not.
    """
    from grader.commands import submit as command

    raise typer.Exit(command.run(files, to, None, wait))


@app.command()
def doctor() -> None:
    """Say whether this machine can grade, and how safely.

    What protects it, layer by layer, and how to get more.
    """
    from grader.commands import doctor as command

    raise typer.Exit(command.run())


def main() -> None:
    """Entry point. Errors are one line on stderr; GRADER_DEBUG=1 shows the traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that can't show a name still shows the rest
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        # as Ctrl-C; a container's first process would not even notice it
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    try:
        code = app(arguments, prog_name="grader", standalone_mode=False)
    except GraderError as error:
        return _complain(error, str(error), error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at exit
        return 0
    except (KeyboardInterrupt, typer.Abort):
        return _complain(None, "stopped", 130)
    except Exception as error:
        if hasattr(error, "format_message"):  # a usage error, of click or of the copy inside Typer
            return _usage(error)
        kind = type(error).__name__
        return _complain(error, f"a fault of the grader: {kind}: {error}; GRADER_DEBUG=1 shows where", 3)
    return code if isinstance(code, int) else 0


def _usage(error: Any) -> int:
    """What is wrong with the command line; nothing but its help, where nothing was asked."""
    message = error.format_message().replace("Value error, ", "")
    if type(error).__name__ == "NoArgsIsHelpError":
        print(message, file=sys.stderr)
        return 2
    command = getattr(getattr(error, "ctx", None), "command_path", "grader")
    return _complain(None, f"{message} (see {command} --help)", 2)


def _complain(error: BaseException | None, message: str, code: int) -> int:
    if error is not None and os.environ.get("GRADER_DEBUG"):
        raise error
    print(line_of(f"grader: {' '.join(message.split())}"), file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
