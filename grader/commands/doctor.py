"""`grader doctor`: can this machine grade, how well is it protected, and what would help."""

from __future__ import annotations

import asyncio

from rich.console import Console
from rich.table import Table

from grader.commands.progress import say
from grader.errors import OperationError
from grader.execute import Job, Limits, open_runner
from grader.jail.probe import LayerFinding, examine
from grader.models import Cell, Execution

_CELLS = ("import torch, numpy", "print(torch.ones(2, 3).sum().item())")
_PRINTS = "6.0"
_STYLES = {"PASS": "green", "CAUTION": "yellow", "FAIL": "bold red"}


def run() -> int:
    """Print one line per layer, and one for a real notebook run; 0 when this machine can grade, else 1."""
    findings = [*examine().findings(), _trial()]
    console = Console()
    if console.is_terminal:
        table = Table("layer", "", "what was found", "what to do")
        for f in findings:
            table.add_row(f.layer, f"[{_STYLES[f.mark]}]{f.mark}[/]", f.detail, f.fix)
        console.print(table)
    else:
        for f in findings:
            say(f"{f.mark:7} {f.layer}: {f.detail}" + (f"; to fix: {f.fix}" if f.fix else ""))
    usable = all(f.mark != "FAIL" for f in findings)
    say("this machine can grade" if usable else "this machine can't grade safely: see FAIL above")
    return 0 if usable else 1


def _trial() -> LayerFinding:
    """A notebook of two cells, run as `grader grade` would run it."""
    cells = tuple(Cell(index=i, kind="code", source=s) for i, s in enumerate(_CELLS))
    try:
        execution = asyncio.run(_run(Job(cells=cells, limits=Limits())))
    except OperationError as error:
        return LayerFinding("notebook", "FAIL", str(error), "without isolation nothing runs")
    printed = "".join(o.text for o in execution.outputs if o.kind == "stdout").strip()
    if execution.status == "ok" and printed == _PRINTS:
        took = f"ran in {execution.wall_s:.2f} s, isolation {execution.isolation.tier}"
        return LayerFinding("notebook", "PASS", took)
    why = execution.message or "; ".join(e.told for e in execution.errors)
    fix = "install the kernel's packages (torch, numpy, ipykernel) beside the grader"
    return LayerFinding("notebook", "FAIL", f"{execution.status}: {why or f'printed {printed!r}'}", fix)


async def _run(job: Job) -> Execution:
    async with open_runner(jobs=1, limits=job.limits) as runner:
        return await runner.run(job)
