"""Run attacks in one runner, two at a time, beside an honest student and a victim; write down what happened.

Run as a program, so that the grader's memory, children and environment are its own:
`python tests/attack_campaign.py base result.json [attack…]`, as any user. test_attacks.py judges the result.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import attack_corpus as corpus
import percent
from attack_machine import Machine, MemoryWatch, canary, descendants, discard

from grader.execute import Job, Limits, Runner, open_runner
from grader.extract import extract
from grader.intake import collect
from grader.jail.probe import Tier
from grader.models import Cell, Execution

_AT_ONCE = 2
_KEPT = 200_000
_VICTIM = """
import hashlib, os, socket, time
SECRET = open('note.txt', 'w').write({secret!r}) and {secret!r}
os.environ['SECRET'] = SECRET
def state():
    here = SECRET + open('note.txt').read() + repr(sorted(os.listdir('.')))
    return hashlib.sha256(here.encode()).hexdigest()
print(state(), flush=True)
while not os.path.exists('stop'):
    time.sleep(0.05)
os.unlink('stop')
print(state())
"""


def honest_cells() -> tuple[Cell, ...]:
    """A right solution of the shipped assignment, a look at its surroundings, and a moment's rest."""
    notebook = percent.notebook("style_torch")
    sources = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    sources += [
        "import os, sys\nprint(sorted(os.listdir('.')), sorted(os.environ))",
        "import time; time.sleep(0.6)",
    ]
    return tuple(Cell(index=i, kind="code", source=source) for i, source in enumerate(sources))


class Campaign:
    """One runner's worth of attacks."""

    def __init__(self, runner: Runner, machine: Machine, watch: MemoryWatch, folder: Path) -> None:
        self._runner, self._machine, self._watch, self._folder = runner, machine, watch, folder
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._honest: list[tuple[float, float, Execution]] = []
        self._done = False

    async def run(self, attacks: list[corpus.Attack]) -> dict[str, Any]:
        caged = self._runner.isolation.tier != "none"  # nobody is protected there, so nobody is beside
        undisturbed = await self._run_honest() if caged else None
        victim, pid, supervisor = await self._start_victim()
        neighbour = asyncio.ensure_future(self._run_neighbour()) if caged else None
        known = self._machine.knowledge()
        me, server = os.getpid(), descendants(os.getpid())[0]
        known["pids"] = [me, server, supervisor, pid]
        known["victim"] = pid
        (known["victim_dir"],) = _where(pid)
        private = list(Path(tempfile.gettempdir()).iterdir())  # also where what is handed in is unpacked
        known["run"] = str(next((p for p in private if any(p.glob("*/s"))), private[0]))
        known["sockets"] = sorted(str(path) for path in Path(known["run"]).glob("*/s/k-*"))
        told = await asyncio.gather(*(self._attack(attack, known, undisturbed) for attack in attacks))
        self._done = True
        if neighbour is not None:
            await neighbour
        Path(f"/proc/{pid}/cwd/stop").touch()
        last = (await victim).outputs
        kept = await _kept(Path(known["run"]))
        states = "".join(out.text for out in last).split()
        return {
            "tier": self._runner.isolation.tier,
            "layers": self._runner.isolation.layers,
            "uid": os.getuid(),
            "kept": kept,
            "victim_unharmed": len(states) == 2 and states[0] == states[1],
            "honest_runs": len(self._honest),
            "attacks": {attack.id: result for attack, result in zip(attacks, told, strict=True)},
        }

    async def _attack(self, attack: corpus.Attack, known: dict[str, Any], undisturbed: Any) -> dict[str, Any]:
        async with self._slots:
            path = corpus.hand_in(attack, self._folder / attack.id, known)
            (submission,) = collect([path.parent.parent]).submissions
            assert submission.problem is None, submission.problem
            start = time.monotonic()
            done = await self._runner.run(
                Job(submission.cells, submission.files, "WORLD = 1", attack.job_limits())
            )
            end = time.monotonic()
            runs = len(self._honest)
            growth = self._watch.growth(start, end)
        while undisturbed is not None and len(self._honest) < runs + 2:
            await asyncio.sleep(0.02)
        beside = [told for begun, over, told in self._honest if begun < end and over > start]
        text = "\n".join(f"{out.text}\n{out.html or ''}" for out in done.outputs)
        tensors = extract(tuple(out for out in done.outputs if out.cell == 1))
        return {
            "status": done.status,
            "message": done.message,
            "stopped_at": done.stopped_at,
            "wall_s": round(end - start, 2),
            "memory_growth": growth,
            "honest_values": [value for item in tensors for value in item.values],
            "ran_to_the_end": "after" in _text(done, len(submission.cells) - 1),
            "last": done.outputs[-1].text[-100:] if done.outputs else "",
            "text": text if len(text) < _KEPT else text[: _KEPT // 2] + text[-_KEPT // 2 :],
            "leaked": [line[:300] for line in text.splitlines() if "BREACH" in line or "CANARY-" in line][
                :50
            ],
            "by_cell": {
                str(index): _text(done, index)[:2000] for index in {out.cell for out in done.outputs}
            },
            "beside": len(beside),
            "disturbed": [f"{told.status} {told.message}" for told in beside if _shown(told) != undisturbed],
        }

    async def _run_honest(self) -> Any:
        limits = Limits(**corpus.LIMITS)
        start = time.monotonic()
        done = await self._runner.run(Job(honest_cells(), (), "WORLD = 1", limits))
        self._honest.append((start, time.monotonic(), done))
        return _shown(done)

    async def _run_neighbour(self) -> None:
        while not self._done:
            await self._run_honest()

    async def _start_victim(self) -> tuple[asyncio.Task[Execution], int, int]:
        source = _VICTIM.format(secret=canary("sibling"))
        limits = Limits(**{**corpus.LIMITS, "cell_s": 600.0, "total_s": 600.0})
        task = asyncio.ensure_future(
            self._runner.run(Job((Cell(index=0, kind="code", source=source),), limits=limits))
        )
        while not task.done():
            await asyncio.sleep(0.05)
            for pid in descendants(os.getpid()):
                if Path(f"/proc/{pid}/cwd/note.txt").exists():
                    status = Path(f"/proc/{pid}/status").read_text()
                    return task, pid, int(status.partition("PPid:")[2].split()[0])
        raise AssertionError(f"the victim ended: {task.result()}")


async def _kept(run: Path) -> list[str]:
    """Working directories whose kernel is gone and that nobody removes; a removal may take a moment."""
    deadline = time.monotonic() + 10
    while True:
        alive = {path for pid in descendants(os.getpid()) for path in _where(pid)}
        kept = [str(path) for path in run.glob("*/work") if str(path) not in alive]
        if not kept or time.monotonic() > deadline:
            return kept
        await asyncio.sleep(0.05)


def _where(pid: int) -> list[str]:
    """The working directory of a process, if it still has one."""
    try:
        return [str(Path(f"/proc/{pid}/cwd").readlink())]
    except OSError:
        return []


def _text(execution: Execution, cell: int) -> str:
    return "".join(out.text for out in execution.outputs if out.cell == cell)


def _shown(execution: Execution) -> Any:
    return execution.status, [(out.cell, out.kind, out.text, out.html) for out in execution.outputs]


def _opened_since(before: set[Path]) -> list[Path]:
    """Descriptors that stay; the watch beside opens one for a moment, every few milliseconds."""
    deadline = time.monotonic() + 2
    while True:
        left = [path for path in set(Path("/proc/self/fd").iterdir()) - before if path.exists()]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.013)


@contextmanager
def accounted(said: list[str]) -> Iterator[None]:
    """Note every process, descriptor, file, cgroup and mount that is left at the end."""
    ctypes.CDLL(None).prctl(36, 1)  # orphans of ours become our children
    threads = set(threading.enumerate())
    descriptors = set(Path("/proc/self/fd").iterdir())
    yield
    deadline = time.monotonic() + 5
    while descendants(os.getpid()) and time.monotonic() < deadline:
        time.sleep(0.05)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            break
    said += [f"left: process {pid}" for pid in descendants(os.getpid())]
    said += [f"left: descriptor {path}" for path in _opened_since(descriptors)]
    said += [f"left: {path}" for path in Path(tempfile.gettempdir()).iterdir()]
    ours = f"notebook-grader-{os.getpid()}-"
    # os.walk passes over groups of others that go meanwhile
    groups = ((top, name) for top, names, _ in os.walk("/sys/fs/cgroup") for name in names)
    said += [f"left: {top}/{name}" for top, name in groups if name.startswith(ours)]
    said += [f"left: thread {thread.name}" for thread in set(threading.enumerate()) - threads]
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    said += [f"left: mount {line}" for line in mounts if tempfile.gettempdir() in line]


async def campaign(
    tier: Tier, attacks: list[corpus.Attack], machine: Machine, watch: MemoryWatch, folder: Path
) -> Any:
    limits = Limits(
        **corpus.LIMITS | {"output_bytes": max(attack.job_limits().output_bytes for attack in attacks)}
    )
    async with open_runner(
        _AT_ONCE + 2, tier, at_most=tier, limits=limits, allow_unsafe=tier == "none"
    ) as runner:
        return await Campaign(runner, machine, watch, folder).run(attacks)


def main(tier: str, result: str, *names: str) -> None:
    said: list[str] = []
    told: dict[str, Any] = {}
    attacks = [attack for attack in corpus.load() if not names or attack.id in names]
    folder = Path(tempfile.mkdtemp(prefix="attack-"))
    folder.chmod(0o755)
    (folder / "tmp").mkdir()
    tempfile.tempdir = str(folder / "tmp")
    machine = Machine(folder)
    watch = MemoryWatch()
    try:
        with accounted(said):
            told = asyncio.run(campaign(cast(Tier, tier), attacks, machine, watch, folder))
    except Exception as error:
        said.append(f"the grader raised {type(error).__name__}: {error}")
    finally:
        watch.close()
    said += [*told.get("kept", []), *machine.close()]
    Path(result).write_text(json.dumps({**told, "left": said}))
    discard(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
