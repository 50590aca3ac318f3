"""One runner of caged kernels for all tests of a process, whatever event loop they have.

Its warm server takes seconds to start, and imports once what notebooks ask for. Tests of the cage, of what
kills kernels and of commands in processes of their own start theirs.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Any

from grader.execute import Job, open_runner
from grader.execute.runner import KernelRunner
from grader.models import Execution


class Kernels:
    """A `grader.execute.Runner`. Close it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready: Future[KernelRunner] = Future()
        self._thread = threading.Thread(
            target=lambda: self._loop.run_until_complete(self._serve()), daemon=True
        )
        self._thread.start()
        self.isolation = self._ready.result(timeout=120).isolation

    async def run(self, job: Job) -> Execution:
        running = asyncio.run_coroutine_threadsafe(self._ready.result().run(job), self._loop)
        return await asyncio.wrap_future(running)

    @asynccontextmanager
    async def open(self, *_: Any, **__: Any) -> AsyncIterator[Kernels]:
        """In place of `grader.execute.open_runner`."""
        yield self

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=30)

    async def _serve(self) -> None:
        try:
            async with open_runner(jobs=2) as runner:
                self._ready.set_result(runner)
                await self._stop.wait()
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
            raise
