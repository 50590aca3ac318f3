"""One job on one kernel, from the first cell to the Execution.

Theory of operation: nbclient sends each cell and waits for it; this module supplies the sources,
files whatever arrives under the cell that runs, and watches four things at once: the cell, its
time, the amount of output, and whether the kernel lives. A cell whose time is up is asked to end, by an
interrupt, and where it does the next ones run; it can swallow that, so that the limit is enforced by
SIGKILL. What had arrived by then is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import marshal
import signal
import time
from base64 import b64encode
from dataclasses import dataclass, replace
from functools import lru_cache
from queue import Empty
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode

from grader.errors import KernelStartError, OperationError
from grader.execute.absent import missing_packages
from grader.execute.channels import BoundedClient
from grader.execute.job import Job, Limits
from grader.execute.kernel import Ending, Kernel
from grader.execute.outputs import REFUSAL, OutputLog, first_line
from grader.execute.refused import ended, refused
from grader.execute.wire import Meter, WireError, describe_bytes
from grader.models import Cell, Execution, Output, Refusal, Said, Status, Values, counted

_SETUP_S = 60.0
_GREETING_S = 0.5
_LAST_WORDS_S = 5.0
_LATE = ("stream", "display_data")  # what threads of an earlier cell may still show
_INTERRUPT_S = 2.0
"""for a cell to end once it was interrupted"""
_ASKING_S = 10.0  # of a kernel, after the last cell
_ANSWER = "answer"
"""the kind of refusal that tells of a branch that was not taken"""
_LONGER = 1.5
"""that the cells may take once more, as much as they took, wherever that ends"""
_STAYING_S = 10.0
"""for threads and tasks to end after the last cell"""


class KernelLostError(OperationError):
    """What watched a kernel died under it; the job can run again."""


class PreludeError(OperationError):
    """Code of ours failed inside the kernel before the first cell; trying again won't help."""


class _CellClient(NotebookClient):
    """nbclient, with the outputs filed in our log and death noticed at once."""

    def __init__(
        self, notebook: NotebookNode, kernel: Kernel, log: OutputLog, cells: tuple[Cell, ...]
    ) -> None:
        super().__init__(notebook, timeout=None, allow_errors=True, iopub_timeout=10**6, record_timing=False)
        self.kc = kernel.client
        self._kernel = kernel
        self._log = log
        self._cells = cells
        self._tasks: set[asyncio.Task[Any]] = set()
        self._begun: dict[str, int] = {}  # requests of the cells that run or ran, and which they are
        self._last = 0  # the cell that runs or ran
        self.on_cell_executed = self._take_reply

    def _take_reply(self, cell: NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
        self._log.take_reply(self._cells[cell_index].index, execute_reply["content"])

    async def sweep(self) -> None:
        """Cancel what nbclient left running for the last cell, and wait until it is gone."""
        tasks = tuple(self._tasks)
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _note_task(self) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)

    async def _async_poll_kernel_alive(self) -> None:
        self._note_task()
        await self._kernel.ended()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_S):
                await self._kernel.client.iopub_channel.at_end()
        if self.task_poll_for_reply is not None:
            self.task_poll_for_reply.cancel()

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: NotebookNode, cell_index: int) -> None:
        """File what this cell and those before it send, until the kernel says that this cell is done.

        nbclient leaves out what threads and tasks of an earlier cell show meanwhile. What says that it comes
        from a cell that has not begun, or from none, is left out.
        """
        self._note_task()
        self._last = self._begun[parent_msg_id] = self._cells[cell_index].index
        while True:
            msg = await self._kernel.client.iopub_channel.get_msg()
            sender = msg["parent_header"].get("msg_id")
            late = msg["msg_type"] in _LATE and isinstance(sender, str) and sender in self._begun
            if msg["msg_type"] == "status":
                if sender == parent_msg_id and msg["content"].get("execution_state") == "idle":
                    return
            elif sender == parent_msg_id or late:
                self._log.take(self._cells[cell_index].index, msg)

    async def stay(self, seconds: float) -> None:
        """Hear what threads and tasks still show, until the kernel says that none is at work any more.

        A kernel that does not say so loses what comes later, and nothing else.
        """
        code = f"await __import__('IPython').get_ipython().stay({seconds:.3f})"
        asked = self._kernel.client.execute(code, silent=True, allow_stdin=False)
        while True:
            msg = await self._kernel.client.iopub_channel.get_msg()
            sender, kind = msg["parent_header"].get("msg_id"), msg["msg_type"]
            if kind == "status" and sender == asked and msg["content"].get("execution_state") == "idle":
                return
            ours = sender == asked and kind in (REFUSAL, *_LATE)  # what a thread says names who runs now
            begun = self._begun.get(sender) if isinstance(sender, str) else None
            if begun is not None and kind == REFUSAL:
                self._log.take(begun, msg)
            elif ours or (begun is not None and kind in _LATE):
                self._log.take(self._last, msg)


@dataclass(frozen=True, slots=True)
class _Stop:
    """Why the cells after `cell` did not run. did: what that cell did; None: its kernel ended."""

    cell: int
    status: Status
    did: Said | None


@dataclass(frozen=True, slots=True)
class Finished:
    """A job's Execution. ending: how its kernel ended, where it ended before its time; else None."""

    execution: Execution
    ending: Ending | None


async def execute(kernel: Kernel, job: Job, started: float) -> Finished:
    """Run every code cell of a job, then kill the kernel.

    started: `time.monotonic()` when the job was taken up, from which wall_s counts.
    Raises `KernelStartError` when the kernel does not get as far as the first cell, `PreludeError`
    when the prelude fails, `KernelLostError` when the kernel was taken away from us.
    """
    meter = Meter(job.limits.output_bytes, job.limits.messages)
    log = OutputLog()
    try:
        await _prepare(kernel, job, meter)
        interrupted: list[int] = []
        stop = await _run_cells(kernel, job, log, meter, interrupted, stays=True)
        taken = await _ask(kernel, job, meter) if stop is None and job.after else ()
        told = log.refusals()
        otherwise: tuple[Output, ...] = ()
        if stop is None and not interrupted and job.again:
            otherwise, told = await _otherwise(kernel, job, told, meter, started)
    finally:
        ending = await kernel.kill()
    status: Status = "ok"
    said = None
    if stop is not None and stop.status == "killed" and ending.reason == "lost":
        raise KernelLostError("a kernel was lost with the warm server or its supervisor")
    if stop is not None:
        status, said = _explain(stop, ending, job)
    elif interrupted:
        status, said = "timeout", _name_interrupted(interrupted, job)
    elif log.errors():
        status, said = "error", _name_errors(log, job.cells)
    errors, missing = log.errors(), missing_packages(job.cells, job.files)
    stopped = ended(stop.cell, status, ending.reason, job.cells) if stop else ()
    execution = Execution(
        status=status,
        message=str(said or ""),
        said=said,
        stopped_at=stop.cell if stop else None,
        interrupted=tuple(interrupted),
        refusals=(*refused(told, errors, missing, interrupted, job.cells), *stopped),
        outputs=log.outputs(),
        taken=taken,
        otherwise=otherwise,
        errors=errors,
        missing_packages=missing,
        isolation=kernel.isolation,
        wall_s=time.monotonic() - started,
        usage=ending.usage,
    )
    return Finished(execution, ending if stop is not None and stop.status == "killed" else None)


def blame_memory(execution: Execution, job: Job) -> Execution:
    """The same Execution, after it has turned out that its last cell used up the machine's memory."""
    assert execution.stopped_at is not None, "something ended it"
    stop = _Stop(execution.stopped_at, "killed", None)
    status, said = _explain(stop, Ending(-int(signal.SIGKILL), "oom"), job)
    told = (*execution.refusals[:-1], *ended(stop.cell, status, "oom", job.cells))
    changed = {"status": status, "message": str(said), "said": said, "refusals": told}
    return execution.model_copy(update=changed)


async def _ask(kernel: Kernel, job: Job, meter: Meter) -> tuple[Output, ...]:
    """What the kernel says to `Job.after`; how that ends, and what it costs, is nobody's fault."""
    log = OutputLog()
    limits = replace(job.limits, cell_s=min(_ASKING_S, job.limits.cell_s), total_s=_ASKING_S)
    cell = Cell(index=_after(job), kind="code", source=job.after)
    asked = replace(job, cells=(cell,), limits=limits)
    await _run_cells(kernel, asked, log, meter, [], stays=False)
    return log.outputs()


def _after(job: Job) -> int:
    """Where a cell of ours stands."""
    return max((c.index for c in job.cells), default=-1) + 1


async def _otherwise(
    kernel: Kernel, job: Job, told: tuple[Refusal, ...], meter: Meter, started: float
) -> tuple[tuple[Output, ...], tuple[Refusal, ...]]:
    """What the cells show as if the machine had answered otherwise, where it decided on a branch.

    With what was told, where each such answer kept something away unless this could be seen to its end.
    """
    if not any(r.kind == _ANSWER for r in told):
        return (), told
    log = OutputLog()
    took = time.monotonic() - started
    left = max(job.limits.total_s - took, min(_LONGER * took, job.limits.total_s))
    limits = replace(job.limits, total_s=left, cell_s=min(left, job.limits.cell_s))
    begin = Cell(index=_after(job), kind="code", source="get_ipython().otherwise()")
    again = replace(job, cells=(begin, *job.cells), limits=limits)
    interrupted: list[int] = []
    stop = await _run_cells(kernel, again, log, meter, interrupted, stays=False)
    if stop or interrupted or any(r.kind == _ANSWER and r.effect == "raised" for r in log.refusals()):
        told = tuple(r.model_copy(update={"effect": "skipped"}) if r.kind == _ANSWER else r for r in told)
    return tuple(o.model_copy(update={"image": None}) for o in log.outputs()), told


async def _run_cells(
    kernel: Kernel, job: Job, log: OutputLog, meter: Meter, interrupted: list[int], *, stays: bool
) -> _Stop | None:
    """Run the code cells in order; None when all of them ran.

    interrupted: filled with the cells that exceeded their time and ended when they were interrupted.
    stays: wait for threads and tasks that still work then.
    """
    limits = job.limits
    notebook = _notebook(job.cells)
    client = _CellClient(notebook, kernel, log, job.cells)
    deadline = time.monotonic() + limits.total_s
    for position, cell in enumerate(job.cells):
        if cell.kind != "code" or not cell.source.strip():
            continue
        begun = time.monotonic()
        left = deadline - begun
        patience = min(left, limits.cell_s)
        task = asyncio.ensure_future(client.async_execute_cell(notebook.cells[position], position))
        try:
            both = (task, meter.tripped)
            await asyncio.wait(both, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            late = time.monotonic() - begun - patience
            if late > 0:  # our loop was held up; what the kernel sent meanwhile is not read yet
                await asyncio.wait(both, timeout=late, return_when=asyncio.FIRST_COMPLETED)
            if meter.tripped.done():
                return _too_much(cell, meter)
            if not task.done() and limits.cell_s <= left:
                await kernel.interrupt()
                grace = min(_INTERRUPT_S, deadline - time.monotonic())
                await asyncio.wait(both, timeout=grace, return_when=asyncio.FIRST_COMPLETED)
                if meter.tripped.done():
                    return _too_much(cell, meter)
                if task.done():
                    interrupted.append(cell.index)
            if not task.done():
                if limits.cell_s <= left:
                    what = Said("exceeded {seconds:g} s", {"seconds": limits.cell_s})
                else:
                    what = Said(
                        "exceeded the {seconds:g} s of the whole notebook", {"seconds": limits.total_s}
                    )
                return _Stop(cell.index, "timeout", what)
            task.result()
        except DeadKernelError:
            return _Stop(cell.index, "killed", None)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await client.sweep()
    if stays:
        await _stay(kernel, client, meter, min(_STAYING_S, limits.cell_s, deadline - time.monotonic()))
    return None


async def _stay(kernel: Kernel, client: _CellClient, meter: Meter, seconds: float) -> None:
    """Stay until threads have ended, at most so long; how that ends is nobody's fault."""
    task = asyncio.ensure_future(client.stay(seconds))
    death = asyncio.ensure_future(kernel.ended())
    try:
        await asyncio.wait(
            (task, death, meter.tripped),
            timeout=seconds + _INTERRUPT_S,
            return_when=asyncio.FIRST_COMPLETED,
        )
    finally:
        task.cancel()
        death.cancel()
        await asyncio.gather(task, death, return_exceptions=True)


def _too_much(cell: Cell, meter: Meter) -> _Stop:
    return _Stop(cell.index, "output_limit", Said("printed {what}", {"what": meter.tripped.result()}))


def _notebook(cells: tuple[Cell, ...]) -> NotebookNode:
    """A notebook of the sources alone: no tags, no metadata, no stored outputs."""
    sources = [
        NotebookNode(cell_type="code", source=cell.source, metadata=NotebookNode(), outputs=[])  # type: ignore[no-untyped-call]
        for cell in cells
    ]
    return NotebookNode(cells=sources, metadata=NotebookNode(), nbformat=4, nbformat_minor=5)  # type: ignore[no-untyped-call]


async def _prepare(kernel: Kernel, job: Job, meter: Meter) -> None:
    """Connect, make the kernel behave, run the prelude silently, and lay the files beside it."""
    death = asyncio.ensure_future(kernel.ended())
    work = asyncio.ensure_future(_set_up(kernel, job, meter))
    try:
        await asyncio.wait({death, work}, timeout=_SETUP_S, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
        elif death.done():
            raise KernelStartError(f"a kernel ended with status {death.result().code} before the first cell")
        else:
            raise KernelStartError(f"a kernel was not ready after {_SETUP_S:g} s")
    finally:
        for task in (death, work):
            task.cancel()
        await asyncio.gather(death, work, return_exceptions=True)


async def _set_up(kernel: Kernel, job: Job, meter: Meter) -> None:
    try:
        await kernel.client.open(meter)
    except WireError as error:
        raise KernelStartError(f"a kernel could not be connected to: {error}") from error
    await _subscribed(kernel.client)
    await _send(kernel, (kernel.setup, _compiled(job.prelude)))
    # not before: a module handed in must not shadow what the prelude imports
    kernel.place(job.files, job.folder)
    if job.folder:
        await _send(kernel, (f"__import__('os').chdir({job.folder!r})",))


async def _send(kernel: Kernel, texts: tuple[str, ...]) -> None:
    """Run code of ours, silently, and wait until it is done."""
    client = kernel.client
    codes = [code for code in texts if code]
    sent = [client.execute(code, silent=True, allow_stdin=False) for code in codes]
    for asked, code in zip(sent, codes, strict=True):
        reply = await client.shell_channel.get_msg()
        while reply["parent_header"].get("msg_id") != asked:
            reply = await client.shell_channel.get_msg()
        content = reply["content"]
        if content.get("status") != "ok":
            ours = code is kernel.setup or code.startswith("__import__('os').chdir(")
            part = "our own preparation of the kernel" if ours else "the assignment's prelude"
            what = first_line(f"{content.get('ename')}: {content.get('evalue')}")
            raise PreludeError(f"{part} failed in the kernel: {what}")
    while sent:
        message = await client.iopub_channel.get_msg()
        idle = message["content"].get("execution_state") == "idle"
        if idle and message["parent_header"].get("msg_id") == sent[-1]:
            return


async def _subscribed(client: BoundedClient) -> None:
    """Wait until what the kernel publishes arrives here.

    Its first word says so, whichever it is: ipykernel's greeting is late if the kernel was sending when we
    subscribed, and then a request makes it speak.
    """
    while True:
        try:
            await client.iopub_channel.get_msg(_GREETING_S)
        except Empty:
            client.execute("", silent=True, allow_stdin=False)
        else:
            return


@lru_cache(8)
def _compiled(prelude: str) -> str:
    """Code that does the same, compiled here once; the kernel runs in the same interpreter.

    What Python alone does not understand is left to IPython.
    """
    if not prelude:
        return ""
    try:
        code = marshal.dumps(compile(prelude, "<prelude>", "exec", dont_inherit=True))
    except (SyntaxError, ValueError):
        return prelude
    return (
        f"exec(__import__('marshal').loads(__import__('binascii').a2b_base64({b64encode(code).decode()!r})))"
    )


def _explain(stop: _Stop, ending: Ending, job: Job) -> tuple[Status, Said]:
    status, did = stop.status, stop.did
    if did is None:
        status, did = _ended(ending, job.limits)
    where: Values = {"cell": _number(stop.cell, job.cells), "did": did}
    return status, Said("cell {cell} {did}; the cells before it were graded", where)


def _ended(ending: Ending, limits: Limits) -> tuple[Status, Said]:
    """Status, and what the cell did that ended the kernel."""
    if ending.reason == "memory":
        size = {"size": describe_bytes(limits.memory_bytes)}
        return "memory_limit", Said("used more than {size} of memory", size)
    if ending.reason == "oom":
        return "memory_limit", Said("used up the memory of this machine")
    if ending.reason == "disk":
        return "killed", Said("wrote more than {size} of files", {"size": describe_bytes(limits.disk_bytes)})
    if ending.reason == "files":
        return "killed", Said("made more than {count} files", {"count": limits.files})
    if ending.reason == "processes":
        return "killed", Said("started more than {count} threads", {"count": limits.processes})
    if ending.reason == "cpu":
        return "timeout", Said("used more than {seconds:g} s of processor time", {"seconds": limits.cpu_s})
    if ending.reason == "leader":
        return "killed", Said("ended the kernel's first thread")
    if ending.code < 0:
        with contextlib.suppress(ValueError):
            return "killed", Said("crashed the kernel ({name})", {"name": signal.Signals(-ending.code).name})
    return "killed", Said("ended the kernel (exit status {code})", {"code": ending.code})


def _number(index: int, cells: tuple[Cell, ...]) -> int:
    """The cell's place among all cells, from 1, as a person counts them."""
    return next((place for place, cell in enumerate(cells, 1) if cell.index == index), index + 1)


def _name_interrupted(interrupted: list[int], job: Job) -> Said:
    numbers = tuple(_number(index, job.cells) for index in interrupted)
    return counted(
        len(numbers),
        "cell {cells} exceeded {seconds:g} s and was interrupted; the cells after it ran",
        "cells {cells} exceeded {seconds:g} s and were interrupted; the cells after them ran",
        {"cells": numbers, "seconds": job.limits.cell_s},
    )


def _name_errors(log: OutputLog, cells: tuple[Cell, ...]) -> Said:
    first = log.errors()[0]
    more = len({error.cell for error in log.errors()} - {first.cell})
    what: Values = {"cell": _number(first.cell, cells), "name": first.name}
    if not more:
        return Said("cell {cell} raised {name}; all cells ran", what)
    return counted(
        more,
        "cell {cell} raised {name}, and {n} more cell raised; all cells ran",
        "cell {cell} raised {name}, and {n} more cells raised; all cells ran",
        what,
    )
