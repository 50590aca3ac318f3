# mypy: ignore-errors
"""After the last cell the kernel stays until threads, timers and tasks of the notebook's have ended.

At home it stays for ever, and what they print is shown.
"""

import asyncio
import sys
import threading
import time
from concurrent.futures.thread import _threads_queues

from .packages import theirs
from .telling import tell

_STEP_S = 0.02


def _at_work(thread, frames):
    """Whether a thread is in the student's code, or waits to begin with it. A pool's that is idle is not."""
    if isinstance(thread, threading.Timer):
        return True
    frame = frames.get(thread.ident)
    while frame is not None and not theirs(frame):
        frame = frame.f_back
    return frame is not None


def _to_come():
    if any(queue.qsize() for thread, queue in [*_threads_queues.items()] if thread.is_alive()):
        return True  # one that has ended leaves a token in its queue
    frames, main = sys._current_frames(), threading.main_thread()
    if any(_at_work(t, frames) for t in threading.enumerate() if t is not main):
        return True
    coroutines = (task.get_coro() for task in asyncio.all_tasks())
    running = (getattr(c, "cr_frame", None) for c in coroutines)
    return any(frame is not None and theirs(frame) for frame in running)


def install(shell):
    async def stay(seconds):
        end, looks = time.monotonic() + seconds, 1
        while looks:
            if not _to_come():
                looks -= 1
            elif time.monotonic() > end:
                tell("time", "", "a thread or a task that had not ended after the last cell", "skipped")
                return
            else:
                looks = 2  # a pool may be between two jobs
            await asyncio.sleep(_STEP_S if looks else 0)

    shell.stay = stay
