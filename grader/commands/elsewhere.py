"""Kernels on other machines for the commands that grade: `--broker`."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from grader.batch.keys import environment_digest, execution_digest, interpreter, packages
from grader.commands.progress import Hand
from grader.folder.files import write_text
from grader.jail.probe import Tier

if TYPE_CHECKING:
    from grader.cluster.handshake import Machine
    from grader.cluster.head import Head, KnownWorker, Name, State

UNDER_WAY = 64
"""submissions that are under way at once when other machines run them; the queue holds what they can't"""


def address(broker: str) -> str:
    """The broker's URL. Raises `UsageError`, also where the extra `cluster` is not installed."""
    from grader.cluster.broker import address as found

    return found(broker)


def this_machine() -> Machine:
    """What runs notebooks here."""
    from grader.cluster.handshake import Machine

    return Machine(environment_digest(), execution_digest(), interpreter(), packages())


@asynccontextmanager
async def open_workers(
    url: str, tier: Tier, state: Path, anew: bool, on_workers: Callable[[Sequence[Hand] | None], None]
) -> AsyncIterator[Head]:
    """A runner that has workers run the notebooks, in the environment of this machine.

    tier: the least isolation of a worker. state: of the output folder. anew: nothing that is still on
    the broker from an earlier run counts. Raises `OperationError` without a broker.
    """
    from grader.cluster.head import open_head

    def tell(now: State) -> None:
        hands = [_hand(seen) for seen in sorted(now.workers, key=lambda w: w.worker)]
        on_workers(hands if now.waiting is not None else None)

    async with open_head(url, _name(state / "cluster.json", anew), this_machine(), tier, tell) as head:
        yield head


def _hand(seen: KnownWorker) -> Hand:
    doing = "stopping" if seen.stopping else f"{seen.held} of {seen.jobs} running"
    return Hand(seen.worker, f"{doing}, {seen.done} done, isolation {seen.tier}", seen.refused)


def _name(path: Path, anew: bool) -> Name:
    """The head's name, the same for an output folder, so that a killed run's last answers are found."""
    from grader.cluster.head import Name

    if not anew:
        with contextlib.suppress(OSError, ValidationError):
            return Name.model_validate_json(path.read_bytes())
    name = Name.new()
    write_text(path, name.model_dump_json() + "\n")
    path.chmod(0o600)
    return name
