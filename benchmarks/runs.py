"""Run generated notebooks in every world of the rubric, and keep what they printed."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from corpus import GeneratedNotebook

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grader.assignment.loading import Assignment
from grader.execute import Job, Limits, open_runner
from grader.intake import collect
from grader.models import Cell, Execution, Submission

Run = tuple[Submission, list[Execution], dict[str, Any]]
"""A submission, its execution in every world, and the values of variables with expected names."""

# Other people's tests: take the variable by the name that the handout suggests and compare.
_PROBE = """
import json as _json
def _value(names):
    for _name in names:
        try:
            _found = eval(_name)
            return _found.detach().double().numpy().tolist() if hasattr(_found, "detach") else _found.tolist()
        except Exception:
            continue
print("ALLCLOSE" + _json.dumps({_check: _value(_names) for _check, _names in {
    "h1": ["h1", "a1", "A1"], "h2": ["h2", "a2", "A2"],
    "output": ["output", "out", "y_hat", "y_pred", "f"],
    "dW1": ["dW1", "W1.grad"], "db1": ["db1", "b1.grad"], "dW2": ["dW2", "W2.grad"],
    "db2": ["db2", "b2.grad"], "dW3": ["dW3", "W3.grad"], "db3": ["db3", "b3.grad"],
}.items()}))
"""


async def execute(
    notebooks: Sequence[GeneratedNotebook], assignment: Assignment, cache: Path, jobs: int
) -> list[Run]:
    """Run every notebook in every world, or take its runs from the cache; in the notebooks' order."""
    return await execute_submissions(submissions_of(notebooks), assignment, cache, jobs)


async def execute_submissions(
    submissions: Sequence[Submission], assignment: Assignment, cache: Path, jobs: int
) -> list[Run]:
    """Run every submission in every world, or take its runs from the cache; in their order."""
    missing = [s for s in submissions if not _stored(s, assignment, cache).exists()]
    if missing:
        print(
            f"running {len(missing)} notebooks, {len(submissions) - len(missing)} are in {cache}", flush=True
        )
        await _run_all(missing, assignment, cache, jobs)
    return [(s, *_from_cache(_stored(s, assignment, cache))) for s in submissions]


async def _run_all(submissions: Iterable[Submission], assignment: Assignment, cache: Path, jobs: int) -> None:
    queue = iter(submissions)
    started, done = time.monotonic(), 0

    async def work() -> None:
        nonlocal done
        for submission in queue:
            executions, probe = await _run_one(submission, assignment, runner)
            path = _stored(submission, assignment, cache)
            data = {"executions": [e.model_dump(mode="json") for e in executions], "probe": probe}
            path.write_text(json.dumps(data), encoding="utf-8")
            done += 1
            if done % 50 == 0:
                print(f"  {done} run, {done / (time.monotonic() - started):.1f} a second", flush=True)

    async with open_runner(jobs=jobs) as runner:
        await asyncio.gather(*(work() for _ in range(jobs)))


async def _run_one(
    submission: Submission, assignment: Assignment, runner: Any
) -> tuple[list[Execution], dict[str, Any]]:
    """One run per world. The probe is a cell of its own behind the student's, and is taken out again."""
    last = len(submission.cells)
    executions, probe = [], {}
    for i, world in enumerate(assignment.rubric.worlds):
        cells = submission.cells
        if i == 0:
            cells = (*cells, Cell(index=last, kind="code", source=_PROBE))
        job = Job(cells, prelude=assignment.prelude_for(world), limits=Limits(cell_s=30, total_s=60))
        execution = await runner.run(job)
        if execution.status == "sandbox_error":
            raise RuntimeError(f"{submission.id}: {execution.message}")
        for output in execution.outputs:
            if output.cell == last and output.text.startswith("ALLCLOSE"):
                probe = json.loads(output.text.removeprefix("ALLCLOSE"))
        outputs = tuple(o for o in execution.outputs if o.cell != last)
        executions.append(execution.model_copy(update={"outputs": outputs}))
    return executions, probe


def _stored(submission: Submission, assignment: Assignment, cache: Path) -> Path:
    worlds = "".join(assignment.prelude_for(w) for w in assignment.rubric.worlds)
    key = hashlib.sha256(f"{submission.sha256}{worlds}{_PROBE}".encode()).hexdigest()[:24]
    return cache / f"{key}.json"


def _from_cache(path: Path) -> tuple[list[Execution], dict[str, Any]]:
    data = json.loads(path.read_text(encoding="utf-8"))
    return [Execution.model_validate(e) for e in data["executions"]], data["probe"]


def save_slice(
    path: Path, n: int, seed: int, honest: float, runs: Sequence[Run], assignment: Assignment
) -> None:
    """Write the runs of a corpus compactly, for tests that judge without running."""
    kept = [[_compact(e) for e in executions] for _, executions, _ in runs]
    data = {"n": n, "seed": seed, "honest": honest, "worlds": worlds_digest(assignment), "runs": kept}
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode("utf-8"), 9, mtime=0))


def load_slice(path: Path) -> dict[str, Any]:
    """What `save_slice` wrote, `runs` as executions: one list per notebook, in the corpus's order."""
    data: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    data["runs"] = [[Execution.model_validate(e) for e in run] for run in data["runs"]]
    return data


def worlds_digest(assignment: Assignment) -> str:
    """Changes whenever a notebook's runs could: with a world or the prelude."""
    preludes = "".join(assignment.prelude_for(w) for w in assignment.rubric.worlds)
    return hashlib.sha256(preludes.encode()).hexdigest()[:16]


def _compact(execution: Execution) -> dict[str, Any]:
    return execution.model_dump(mode="json", include={"status", "message", "outputs", "errors", "stopped_at"})


def submissions_of(notebooks: Sequence[GeneratedNotebook]) -> list[Submission]:
    """The notebooks as the grader's intake reads them from a folder."""
    with tempfile.TemporaryDirectory() as folder:
        for notebook in notebooks:
            (Path(folder) / notebook.name).write_text(json.dumps(notebook.notebook_json), encoding="utf-8")
        by_name = {Path(s.path).name: s for s in collect([folder])}
    return [by_name[notebook.name] for notebook in notebooks]
