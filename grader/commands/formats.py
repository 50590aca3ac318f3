"""The commands `grader rubric …` and `grader report …`: what an assignment and a report are written in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

rubric_app = typer.Typer(help="Write and check an assignment.", no_args_is_help=True)
report_app = typer.Typer(help="The format of the reports.", no_args_is_help=True)


@rubric_app.command("schema")
def rubric_schema() -> None:
    """Print the JSON Schema of rubric.yaml, for editors."""
    from rubric.schema import Rubric

    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    typer.echo(json.dumps(dialect | Rubric.model_json_schema(), indent=2))


@rubric_app.command("check")
def rubric_check(
    path: Annotated[str, typer.Argument(help="A folder with a rubric.yaml, or a shipped assignment's name.")],
) -> None:
    """Validate an assignment and run its solution.

    Prints the reference values, notes on what may surprise, and the first mistake, if there is one.
    Exit code: 0 no mistake found, 2 a mistake.
    """
    from grader.commands import rubric as command
    from grader.commands.progress import say

    for line in command.check(path):
        say(line)


@rubric_app.command("draft")
def rubric_draft(
    solution: Annotated[Path, typer.Argument(help="Your solution, a notebook that shows all that is asked.")],
    out: Annotated[Path, typer.Option(help="A new folder, for the assignment.")],
    data: Annotated[
        Path | None,
        typer.Option(
            help="A folder with the course's data. [default: the files beside the notebook that it names]"
        ),
    ] = None,
) -> None:
    """Make an assignment from its solution.

    Questions come from headings, checks from what is shown, their values from runs in two worlds. Write
    `# grade: 5 points, sign free` or `# grade: skip` behind a line that shows something to say more.
    """
    from grader.commands import rubric as command
    from grader.commands.progress import say

    for line in command.draft(solution, out, data):
        say(line)


@rubric_app.command("solve")
def rubric_solve(
    folder: Annotated[Path, typer.Argument(help="An assignment with a solution.ipynb.")],
) -> None:
    """Make the reference values again, after a change of the solution, the worlds or the data."""
    from grader.commands import rubric as command
    from grader.commands.progress import say

    for line in command.solve(folder):
        say(line)


@rubric_app.command("release")
def rubric_release(
    path: Annotated[str, typer.Argument(help="A folder with a rubric.yaml, or a shipped assignment's name.")],
    out: Annotated[Path, typer.Option(help="A new folder, for students.")],
) -> None:
    """Write the version that students may have, for `grader check`.

    Without solution, known mistakes and the seeds under which the class is graded.
    """
    from grader.commands import rubric as command
    from grader.commands.progress import say

    for line in command.release(path, out):
        say(line)


@report_app.command("schema")
def report_schema() -> None:
    """Print the JSON Schema of report.json."""
    from grader.report.serial import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
