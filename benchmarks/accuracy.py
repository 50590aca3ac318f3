"""Measure the grader's error rate on generated notebooks whose truth is known by construction.

    python benchmarks/accuracy.py --n 1000 --jobs 2 --cache .benchmarks/accuracy

Every notebook is run in every world of the rubric and graded; the verdicts are compared with the
corpus's truth. *Wrongly accepted*: a value that is wrong or absent got `pass`. *Wrongly denied*: a
right value got anything that takes points away (fail, missing, partial). A review is neither, and
is counted. With --cache, runs are kept by the notebook's content, so that only judging is repeated.

With --written, notebooks that people wrote are judged against a person's truth as well.

For comparison, a plain `numpy.allclose` on variables with the expected names is applied to the same
runs, as tests in the student's kernel do it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import handwritten
import numpy as np
from corpus import GeneratedNotebook, generate
from corpus.mistakes import BY_ID, MISTAKES, Plan
from corpus.truth import CHECKS, WORLDS, World, compute, right
from corpus.verdicts import shown_values
from runs import Run, execute, save_slice

from grader.assignment.loading import Assignment, load
from grader.judging.grade import grade
from grader.judging.relations import GENERIC
from grader.models import Execution, Report, Submission

VERDICTS = ("pass", "partial", "fail", "missing", "review")
STATUSES = ("right", "either", "partial", "wrong", "missing")
BEHAVIOUR = ("network", "seed", "no_output_activation")

# ---------------------------------------------------------------------------- judging


@dataclass(frozen=True)
class Judged:
    """One notebook's verdicts beside its truth. plain: check → what allclose on variables says."""

    notebook: GeneratedNotebook
    report: Report
    plain: dict[str, bool]
    diagnosed: dict[str, str]  # check → right, generic, none or wrong; nameable wrong values only
    seconds: float

    @property
    def verdicts(self) -> dict[str, str]:
        return {c.id: c.verdict for q in self.report.questions for c in q.checks}

    def outcome(self, check: str) -> str:
        """accepted, denied, review or fine."""
        verdict, status = self.verdicts.get(check, "none"), self.notebook.truth.checks[check].status
        return outcome(status, verdict)

    @property
    def errors(self) -> list[str]:
        return [f"{c} {o}" for c in CHECKS if (o := self.outcome(c)) in ("accepted", "denied")]


def outcome(status: str, verdict: str) -> str:
    """How a verdict stands to the truth: accepted (wrongly), denied (wrongly), review or fine."""
    if verdict == "review":
        return "review"
    if status in ("right", "either"):
        return "fine" if verdict == "pass" else "denied"
    return "accepted" if verdict == "pass" else "fine"


_assignment: Assignment | None = None


def judge(work: tuple[GeneratedNotebook, Submission, list[Execution], dict[str, Any]]) -> Judged:
    """Grade one notebook from its runs."""
    global _assignment  # noqa: PLW0603 - loaded once per process
    if _assignment is None:
        _assignment = load("hw4")
    notebook, submission, executions, probe = work
    started = time.perf_counter()
    report = grade(submission, executions, _assignment)
    seconds = time.perf_counter() - started
    return Judged(
        notebook, report, _plain(probe, _assignment), _diagnosed(notebook, report, _assignment), seconds
    )


def _plain(probe: dict[str, Any], assignment: Assignment) -> dict[str, bool]:
    found = {}
    for check in CHECKS:
        expected, value = assignment.references[0][check], probe.get(check)
        try:
            found[check] = value is not None and bool(np.allclose(np.array(value, dtype=float), expected))
        except (ValueError, TypeError):
            found[check] = False
    return found


def _diagnosed(notebook: GeneratedNotebook, report: Report, assignment: Assignment) -> dict[str, str]:
    """Is the mistake that was named one that reproduces what this notebook shows, in every world?"""
    truth = notebook.truth
    if not truth.mistakes or not all(BY_ID[m].named for m in truth.mistakes):
        return {}
    found = {}
    results = {c.id: c for q in report.questions for c in q.checks}
    for check in CHECKS:
        if truth.checks[check].status not in ("wrong", "partial") or check not in results:
            continue
        diagnosis = results[check].diagnosis
        if diagnosis is None:
            found[check] = "none"
        elif diagnosis.ids == ("constant_factor",) and _proportional(notebook, check):
            found[check] = "right"
        elif set(diagnosis.ids) <= GENERIC:
            found[check] = "generic"
        else:
            found[check] = "right" if _reproduces(diagnosis.ids, check, notebook, assignment) else "wrong"
    return found


def _proportional(notebook: GeneratedNotebook, check: str) -> bool:
    """Whether the notebook's values are a constant multiple of the right ones, the same in every world."""
    truth = notebook.truth
    factors = []
    for world in WORLDS:
        values = shown_values(compute(truth.recipe, world), truth.shown[check])
        factors.append(values / right(world)[check])
    return bool(np.allclose(np.concatenate([f.ravel() for f in factors]), factors[0].flat[0], rtol=1e-4))


def _reproduces(
    ids: tuple[str, ...], check: str, notebook: GeneratedNotebook, assignment: Assignment
) -> bool:
    truth = notebook.truth
    if "no_seed" in truth.mistakes or "default_init" in truth.mistakes:  # not computed by the corpus
        return any(i.startswith(("no_seed", "torch_layers_initialised")) for i in ids)
    worlds = assignment.variants([ids]).get(ids)
    if worlds is None:
        return False
    for world, quantities in zip(assignment.rubric.worlds, worlds, strict=True):
        same = World(world.seed, world.scale, world.autograd_factor)
        values = shown_values(compute(truth.recipe, same), truth.shown[check])
        noise = 1e-5 * float(np.abs(values).max())
        layouts = [values, values.T] if values.shape == values.T.shape else [values]  # W2.T is a layout too
        if not any(np.allclose(quantities[check], v, rtol=1e-4, atol=noise) for v in layouts):
            return False
    return True


# ---------------------------------------------------------------------------- tables


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    print(f"\n{title}")
    cells = [list(map(str, header)), *[[str(v) for v in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    for row in cells:
        print(
            "  "
            + "  ".join(
                v.ljust(w) if i == 0 else v.rjust(w) for i, (v, w) in enumerate(zip(row, widths, strict=True))
            )
        )


def summary(judged: Sequence[Judged]) -> dict[str, Any]:
    """The figures of merit, as printed at the end and kept in summary.json."""
    outcomes = Counter(j.outcome(c) for j in judged for c in CHECKS)
    honest = [j for j in judged if not j.notebook.truth.mistakes]
    reviewed = sum(any(j.outcome(c) == "review" for c in CHECKS) for j in honest)
    named = Counter(d for j in judged for d in j.diagnosed.values())
    alone = Counter(d for j in judged if len(j.notebook.truth.mistakes) == 1 for d in j.diagnosed.values())
    plain = Counter(
        outcome(j.notebook.truth.checks[c].status, "pass" if j.plain[c] else "fail")
        for j in judged
        for c in CHECKS
    )
    return {
        "notebooks": len(judged),
        "honest": len(honest),
        "checks": len(judged) * len(CHECKS),
        "wrongly_accepted": outcomes["accepted"],
        "wrongly_denied": outcomes["denied"],
        "reviews": outcomes["review"],
        "honest_notebooks_with_a_review": reviewed,
        "notebooks_with_an_error": sum(bool(j.errors) for j in judged),
        "diagnoses": dict(named),
        "named_rightly": round(named["right"] / max(1, sum(named.values())), 4),
        "single_mistakes_named_rightly": round(alone["right"] / max(1, sum(alone.values())), 4),
        "allclose_wrongly_accepted": plain["accepted"],
        "allclose_wrongly_denied": plain["denied"],
        "judging_ms_median": round(1000 * float(np.median([j.seconds for j in judged])), 1),
    }


def print_tables(judged: Sequence[Judged]) -> None:
    """Confusion matrices, then error rates by everything the corpus varies."""
    counts = Counter(
        (c, j.notebook.truth.checks[c].status, j.verdicts.get(c, "none")) for j in judged for c in CHECKS
    )
    rows = []
    for check in CHECKS:
        for status in STATUSES:
            line = [counts[check, status, v] for v in VERDICTS]
            if sum(line):
                rows.append([f"{check} {status}", *line])
    table("Verdicts by truth", ["check, truth", *VERDICTS], rows)
    rows = []
    for check in BEHAVIOUR:
        for truth in (True, False):
            line = Counter(
                j.verdicts.get(check) for j in judged if j.notebook.truth.behaviour[check] is truth
            )
            rows.append([f"{check} {'right' if truth else 'wrong'}", *(line[v] for v in VERDICTS)])
    for answered in (True, False):
        line = Counter(j.verdicts.get("comparison") for j in judged if j.notebook.truth.answered is answered)
        rows.append([f"comparison {'written' if answered else 'absent'}", *(line[v] for v in VERDICTS)])
    table("Questions 1 and 4", ["check, truth", *VERDICTS], rows)
    for title, keys in (
        ("By implementation style", lambda t: [t.style]),
        ("By print style of the layers", lambda t: [t.layer_print]),
        ("By print style of the gradients", lambda t: [t.gradient_print]),
        ("By label family", lambda t: list(t.labels)),
        ("By language and dtype", lambda t: [t.language, t.dtype]),
        ("By extras", lambda t: list(t.extras)),
        (
            "By mistake",
            lambda t: ["+".join(t.mistakes) if len(t.mistakes) > 1 else (t.mistakes or ("none",))[0]],
        ),
    ):
        _by(title, judged, keys)
    rows = [
        [j.notebook.name, check, j.verdicts.get(check), "+".join(j.notebook.truth.mistakes)]
        for j in judged
        for check in BEHAVIOUR
        if j.verdicts.get(check) in (("fail", "missing") if j.notebook.truth.behaviour[check] else ("pass",))
    ]
    table("Question 1 against the code", ["notebook", "check", "verdict", "mistakes"], rows)
    flags = Counter(f.id for j in judged for f in j.report.flags)
    table("Flags", ["flag", "notebooks"], flags.most_common())
    named = defaultdict(Counter)
    for j in judged:
        for verdict in j.diagnosed.values():
            named["+".join(j.notebook.truth.mistakes)][verdict] += 1
    rows = [
        [k, c["right"], c["generic"], c["none"], c["wrong"]]
        for k, c in sorted(named.items())
        if c.total() > c["right"]
    ]
    table(
        "Mistakes not always named rightly (checks)", ["mistakes", "right", "generic", "none", "wrong"], rows
    )


def _by(title: str, judged: Sequence[Judged], keys: Any) -> None:
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for j in judged:
        for key in keys(j.notebook.truth):
            groups[key].update(j.outcome(c) for c in CHECKS)
            groups[key]["notebooks"] += 1
    rows = [
        [k, c["notebooks"], c["accepted"], c["denied"], c["review"]]
        for k, c in sorted(groups.items())
        if c["accepted"] or c["denied"] or c["review"]
    ]
    clean = len(groups) - len(rows)
    table(
        f"{title} ({clean} without any error or review)",
        ["", "notebooks", "accepted", "denied", "review"],
        rows,
    )


def save(judged: Sequence[Judged], runs: Sequence[Run], out: Path) -> None:
    """Misjudged and reviewed notebooks with what they printed, for a person to look at."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for j, (_, executions, _) in zip(judged, runs, strict=True):
        reviews = [c for c in CHECKS if j.outcome(c) == "review"]
        if not j.errors and not reviews:
            continue
        folder = out / ("errors" if j.errors else "reviews")
        folder.mkdir(exist_ok=True)
        (folder / j.notebook.name).write_text(
            json.dumps(j.notebook.notebook_json, indent=1), encoding="utf-8"
        )
        t = j.notebook.truth
        lines = [f"{j.notebook.name}: {', '.join(j.errors) or 'reviews: ' + ', '.join(reviews)}", f"{t}", ""]
        for q in j.report.questions:
            for c in q.checks:
                status = t.checks[c.id].status if c.id in t.checks else ""
                ids = c.diagnosis.ids if c.diagnosis else ""
                why = f"{c.evidence.reasons} {c.evidence.label!r}" if c.evidence else ""
                lines.append(f"{c.id:10} truth {status:8} verdict {c.verdict:8} {c.message} {ids} {why}")
        for world, execution in enumerate(executions):
            lines.append(f"\n================ world {world}: {execution.status} {execution.errors}")
            lines += [f"--- cell {o.cell} {o.kind}\n{o.text}" for o in execution.outputs]
        (folder / (j.notebook.name + ".txt")).write_text("\n".join(lines), encoding="utf-8")


def indistinguishable() -> list[tuple[str, ...]]:
    """Groups of single mistakes that show the same numbers in every world: no judge can tell them apart."""
    groups: dict[str, list[str]] = defaultdict(list)
    for mistake in MISTAKES:
        plan = mistake.edit(Plan(), random.Random(0))
        if plan.unseeded or plan.default_init or any(":" in s or not s for s in plan.shown.values()):
            continue
        if plan.error or plan.detach or plan.no_bias or plan.grads != "after":
            continue
        shown = [shown_values(compute(plan.recipe, w), plan.shown[c]) for w in WORLDS for c in CHECKS]
        key = "|".join(
            np.array2string(np.round(v / (np.abs(v).max() or 1), 5) + 0.0) + f"{np.abs(v).max():.4g}"
            for v in shown
        )
        groups[key].append(mistake.id)
    return [tuple(g) for g in groups.values() if len(g) > 1]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=1000, help="notebooks (1000)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the corpus (0)")
    parser.add_argument("--jobs", type=int, default=2, help="kernels and judging processes at a time (2)")
    parser.add_argument(
        "--honest", type=float, default=0.4, help="share of notebooks without a mistake (0.4)"
    )
    parser.add_argument("--cache", type=Path, help="keep runs here, and use those that are")
    parser.add_argument(
        "--out", type=Path, default=Path(".benchmarks/misjudged"), help="where misjudged notebooks go"
    )
    parser.add_argument(
        "--written",
        type=Path,
        action="append",
        default=[],
        help="a folder of notebooks that people wrote, with its truth.json (see handwritten.py)",
    )
    parser.add_argument("--save-slice", type=Path, help="write the runs here, as tests/data/corpus.json.gz")
    args = parser.parse_args()
    notebooks = list(generate(args.n, args.seed, args.honest))
    assignment = load("hw4")
    with tempfile.TemporaryDirectory() as temporary:
        cache = args.cache or Path(temporary)
        cache.mkdir(parents=True, exist_ok=True)
        runs = asyncio.run(execute(notebooks, assignment, cache, args.jobs))
    if args.save_slice:
        save_slice(args.save_slice, args.n, args.seed, args.honest, runs, assignment)
    work = [(notebook, *run) for notebook, run in zip(notebooks, runs, strict=True)]
    started = time.monotonic()
    if args.jobs > 1:
        with ProcessPoolExecutor(args.jobs) as pool:
            judged = list(pool.map(judge, work, chunksize=8))
    else:
        judged = [judge(w) for w in work]
    print(f"judged {len(judged)} in {time.monotonic() - started:.0f} s")
    print_tables(judged)
    print("\nIndistinguishable in principle (the same numbers in every world)")
    for group in indistinguishable():
        print("  " + " = ".join(group))
    save(judged, runs, args.out)
    figures = summary(judged)
    (args.out / "summary.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print()
    for key, value in figures.items():
        print(f"{key:32} {value}")
    errors = figures["wrongly_accepted"] + figures["wrongly_denied"]
    for folder in args.written:
        with tempfile.TemporaryDirectory() as temporary:
            found = handwritten.judge_set(folder, args.cache or Path(temporary), args.jobs)
        print("\n".join(filter(None, (handwritten.tell(j, verbose=False) for j in found))))
        figures = handwritten.summary(found)
        table(f"Written by people: {folder}", ["", "number"], list(figures.items()))
        errors += figures["wrongly_accepted"] + figures["wrongly_denied"]
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
