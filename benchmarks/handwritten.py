"""Judge notebooks that people wrote, against the verdicts of a careful teaching assistant.

    python benchmarks/handwritten.py FOLDER [--cache DIR] [--jobs 2] [--verbose]

FOLDER holds notebooks and a `truth.json`: name → `checks` (check → `pass`, `wrong`, `missing`, `either`) and
`diagnosis` (words or ids that would name the mistake; null where none does). *Accepted*: what is wrong or
missing passed. *Denied*: what is right got `fail`, `missing` or `partial`. *Waiting*: what is right is for a
person.
The runs are kept in the cache, so that only judging is repeated.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runs import execute_submissions

from grader.assignment.loading import Assignment, load
from grader.intake import collect
from grader.judging.grade import grade
from grader.models import CheckResult, Execution, Report, Submission

DIAGNOSES = ("right", "absent", "wrong")


@dataclass(frozen=True)
class Truth:
    """What a careful person says of one notebook: per check, and which words name its mistake."""

    checks: Mapping[str, str]
    names: tuple[str, ...] | None
    why: str


@dataclass(frozen=True)
class JudgedByHand:
    """One notebook's results beside its truth."""

    name: str
    truth: Truth
    report: Report
    seconds: float

    @property
    def results(self) -> dict[str, CheckResult]:
        return {c.id: c for q in self.report.questions for c in q.checks}

    @property
    def outcomes(self) -> dict[str, str]:
        """Check → accepted, denied, waiting, or fine."""
        results = self.results
        return {
            c: outcome(status, results[c].verdict if c in results else "none")
            for c, status in self.truth.checks.items()
        }

    @property
    def diagnoses(self) -> dict[str, str]:
        """Check that is wrong → right, absent or wrong: does the name that it got fit?"""
        found = {}
        for check, status in self.truth.checks.items():
            result = self.results.get(check)
            if status != "wrong" or result is None or result.verdict not in ("fail", "partial"):
                continue
            if self.truth.names is None:
                continue
            told = result.diagnosis
            if told is None:
                found[check] = "absent"
                continue
            said = " ".join((*told.ids, *told.alternatives, told.message)).lower()
            named = any(name.lower() in said for name in self.truth.names)
            found[check] = "right" if named else "wrong"
        return found


def outcome(status: str, verdict: str) -> str:
    """How a verdict stands to the truth."""
    if status == "either":
        return "fine"
    if status == "pass":
        return {"pass": "fine", "review": "waiting"}.get(verdict, "denied")
    return "accepted" if verdict == "pass" else "fine"


def truths(folder: Path) -> dict[str, Truth]:
    """What `truth.json` of a set says, by the notebooks' names."""
    known = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return {
        name: Truth(
            t["checks"], None if t.get("diagnosis") is None else tuple(t["diagnosis"]), t.get("why", "")
        )
        for name, t in known.items()
    }


_assignment: Assignment | None = None


def judge(work: tuple[str, Truth, Submission, list[Execution]]) -> JudgedByHand:
    """Grade one notebook from its runs."""
    global _assignment  # noqa: PLW0603 - loaded once per process
    if _assignment is None:
        _assignment = load("hw4")
    name, truth, submission, executions = work
    started = time.perf_counter()
    report = grade(submission, executions, _assignment)
    return JudgedByHand(name, truth, report, time.perf_counter() - started)


def judge_set(folder: Path, cache: Path, jobs: int) -> list[JudgedByHand]:
    """Every notebook of a folder that has a truth, run or taken from the cache, and judged."""
    known = truths(folder)
    submissions = {Path(s.path).stem: s for s in collect([folder])}
    names = [name for name in known if name in submissions]
    cache.mkdir(parents=True, exist_ok=True)
    runs = asyncio.run(execute_submissions([submissions[n] for n in names], load("hw4"), cache, jobs))
    work = [(n, known[n], s, e) for n, (s, e, _) in zip(names, runs, strict=True)]
    if jobs == 1:
        return [judge(w) for w in work]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(judge, work, chunksize=4))


def summary(judged: Sequence[JudgedByHand]) -> dict[str, Any]:
    """The figures of a set."""
    outcomes = Counter(o for j in judged for o in j.outcomes.values())
    statuses = Counter(s for j in judged for s in j.truth.checks.values())
    named = Counter(d for j in judged for d in j.diagnoses.values())
    return {
        "notebooks": len(judged),
        "right_values": statuses["pass"],
        "wrong_values": statuses["wrong"] + statuses["missing"],
        "wrongly_accepted": outcomes["accepted"],
        "wrongly_denied": outcomes["denied"],
        "right_waiting": outcomes["waiting"],
        "right_waiting_share": round(outcomes["waiting"] / max(1, statuses["pass"]), 4),
        **{f"diagnoses_{d}": named[d] for d in DIAGNOSES},
    }


def tell(j: JudgedByHand, *, verbose: bool) -> str:
    """What is not as it should be in one notebook; "" if nothing."""
    results = j.results
    odd = {c: o for c, o in j.outcomes.items() if o != "fine"}
    misnamed = {c: d for c, d in j.diagnoses.items() if d == "wrong"}
    if not odd and not misnamed and not verbose:
        return ""
    lines = [f"== {j.name}: {j.truth.why}"]
    for check, status in j.truth.checks.items():
        if check not in results or not (verbose or check in odd or check in misnamed):
            continue
        r = results[check]
        ids = r.diagnosis.ids if r.diagnosis else ""
        label = repr(r.evidence.label)[:60] if r.evidence else ""
        mark = odd.get(check, "") + (" MISNAMED" if check in misnamed else "")
        lines.append(f"  {check:21} {status:8}{r.verdict:8}{mark:10} {r.message[:230]} {ids} {label}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path, help="keep runs here, and use those that are")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="notebooks whose name begins so")
    parser.add_argument("--verbose", action="store_true", help="every check of every notebook")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        judged = judge_set(args.folder, args.cache or Path(temporary), args.jobs)
    for j in judged:
        if j.name.startswith(args.only) and (text := tell(j, verbose=args.verbose)):
            print(text)
    figures = summary(judged)
    for key, value in figures.items():
        print(f"{key:24} {value}")
    return 1 if figures["wrongly_accepted"] or figures["wrongly_denied"] else 0


if __name__ == "__main__":
    sys.exit(main())
