"""A runner that tests share, and notebooks written as a list of cells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.execute import Job, Limits, open_runner
from grader.execute.runner import KernelRunner
from grader.jail.probe import Tier
from grader.models import AttachedFile, Cell, Execution

Run = Callable[..., Execution]


def cells(*sources: str) -> tuple[Cell, ...]:
    """Code cells; a source that starts with `# markdown` becomes a markdown cell."""
    return tuple(
        Cell(index=index, kind="markdown" if source.startswith("# markdown") else "code", source=source)
        for index, source in enumerate(sources)
    )


def attached(folder: Path, name: str, text: str) -> AttachedFile:
    """A file handed in beside the notebook."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return AttachedFile(name=name, source=str(path), size=len(text))


def text_of(execution: Execution, cell: int, kind: str = "stdout") -> str:
    """Everything of one kind that a cell put out."""
    return "".join(out.text for out in execution.outputs if out.cell == cell and out.kind == kind)


@contextmanager
def opened(isolation: Tier, at_most: Tier = "full") -> Iterator[tuple[asyncio.Runner, KernelRunner]]:
    """A runner, and the event loop in which it is to be used."""
    context = open_runner(2, isolation, allow_unsafe=isolation == "none", at_most=at_most)
    with asyncio.Runner() as loop:
        runner = loop.run(context.__aenter__())
        try:
            yield loop, runner
        finally:
            loop.run(context.__aexit__(None, None, None))


@contextmanager
def shared_runner(isolation: Tier, at_most: Tier = "full") -> Iterator[Run]:
    """A function that runs cells in one runner, opened once."""
    with opened(isolation, at_most) as (loop, runner):
        yield lambda *sources, **more: loop.run(runner.run(job(*sources, **more)))


def job(
    *sources: str,
    files: tuple[AttachedFile, ...] = (),
    prelude: str = "",
    limits: Limits | None = None,
    folder: str = "",
) -> Job:
    """Cells to run, each at most twenty seconds."""
    return Job(cells(*sources), files, prelude, limits or Limits(cell_s=20), folder)
