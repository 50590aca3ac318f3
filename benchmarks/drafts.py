"""Assignments drafted from a solution notebook alone, defaults taken, and classes graded with them.

python benchmarks/drafts.py               all kinds: the table of docs/new-assignment.md
python benchmarks/drafts.py cnn -v        one of them, and every value that waits or was misjudged

A kind is a solution and some ten notebooks that were written without it; drafts/truth.yaml says what is right
in them. Exit code 1: a right value was denied its points, or a wrong or typed-in one earned all of them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import yaml

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks" / "drafts"
SOLUTIONS = ROOT / "tests" / "data" / "solutions"


@dataclass(frozen=True)
class Kind:
    """A solution, other people's notebooks, and the files that the course gives."""

    title: str
    solution: Path
    others: Path
    data: Path | None = None


def _drafted(title: str, name: str) -> Kind:
    """One whose solution, notebooks and files lie under its name."""
    data = SOLUTIONS / f"{name}_data"
    return Kind(title, SOLUTIONS / f"{name}.percent", HERE / name, data if data.is_dir() else None)


KINDS = {
    "backprop": Kind(
        "back-propagation in numpy", ROOT / "rubric" / "hw3" / "solution.ipynb", ROOT / "samples" / "hw3"
    ),
    "pca": Kind(
        "PCA and clusters, two data files",
        ROOT / "rubric" / "pca" / "solution.ipynb",
        ROOT / "samples" / "pca",
        ROOT / "rubric" / "pca" / "data" / "handout",
    ),
    "cnn": _drafted("a convolutional network", "cnn"),
    "values": _drafted("value iteration, German", "values"),
    "logreg": _drafted("logistic regression, a data file", "logreg"),
    "attention": _drafted("an attention head and an RNN", "attention"),
    "bandit": _drafted("a bandit and Q-learning", "bandit"),
    "baum": _drafted("a decision tree, German, a data file", "baum"),
    "hmm": _drafted("a hidden Markov model", "hmm"),
    "gp": _drafted("Gaussian processes", "gp"),
    "transformer": _drafted("a transformer block", "transformer"),
    "bayes": _drafted("naive Bayes, German, a data file", "bayes"),
}
OWN = "the_solution"
HEAD = (
    *("solution", "notebooks", "of its own checks pass", "right values", "pass", "wait", "**denied**"),
    *("wrong or typed in", "wait", "**earn all points**"),
)


@dataclass(frozen=True)
class Judged:
    """One check of one notebook. truth: right, wrong, typed or absent."""

    notebook: str
    check: str
    truth: str
    verdict: str
    message: str

    @property
    def denied(self) -> bool:
        return self.truth == "right" and self.verdict not in ("pass", "review")

    @property
    def accepted(self) -> bool:
        """Part of the points may be what follows from an earlier mistake."""
        return self.verdict == "pass" and self.truth != "right"


def graded(name: str, kind: Kind, folder: Path) -> Iterator[Judged]:
    """Draft, grade and compare. folder: an empty one to work in."""
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    for path in sorted(p for p in kind.others.iterdir() if p.suffix in (".percent", ".ipynb")):
        as_notebook(path, notebooks / f"{path.stem}.ipynb")
    as_notebook(kind.solution, folder / f"{name}.ipynb")
    shutil.copy(folder / f"{name}.ipynb", notebooks / f"{OWN}.ipynb")
    data = [] if kind.data is None else ["--data", kind.data]
    grader("rubric", "draft", folder / f"{name}.ipynb", "--out", folder / "draft", *data)
    grader("grade", notebooks, "--rubric", folder / "draft", "--out", folder / "out")
    drafted = yaml.safe_load((folder / "draft" / "rubric.yaml").read_text("utf-8"))
    numbers = {c["id"] for q in drafted["questions"] for c in q["checks"] if c["kind"] == "tensor"}
    truth = yaml.safe_load((HERE / "truth.yaml").read_text("utf-8"))[name]
    for path in sorted(folder.glob("out/*/report.json")):
        report = json.loads(path.read_text("utf-8"))
        stem = Path(report["submission"]["path"]).stem
        for check in (c for q in report["questions"] for c in q["checks"]):
            if check["id"] in numbers:
                said = said_of(check["id"], truth.get(stem, {}))
                yield Judged(stem, check["id"], said, check["verdict"], check["message"])


def said_of(check: str, truth: Mapping[str, Any]) -> str:
    return next((word for word, checks in truth.items() if checks == "all" or check in checks), "right")


def as_notebook(source: Path, target: Path) -> None:
    if source.suffix == ".ipynb":
        shutil.copy(source, target)
    else:
        notebook = jupytext.reads(source.read_text("utf-8"), fmt="py:percent")
        for number, cell in enumerate(notebook.cells):
            cell.id = f"cell{number}"  # the second world of a draft follows the file
        nbformat.write(notebook, target)


def grader(*words: object) -> None:
    command = [sys.executable, "-m", "grader", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")


def row(kind: Kind, judged: list[Judged]) -> str:
    own = [j for j in judged if j.notebook == OWN]
    others = [j for j in judged if j.notebook != OWN]
    right = [j for j in others if j.truth == "right"]
    wrong = [j for j in others if j.truth in ("wrong", "typed")]
    own_verdicts, verdicts = (Counter(j.verdict for j in some) for some in (own, right))
    cells = [
        kind.title,
        len({j.notebook for j in others}),
        f"{own_verdicts['pass']} of {len(own)}, {own_verdicts['review']} wait",
        len(right),
        verdicts["pass"],
        verdicts["review"],
        sum(j.denied for j in judged),
        len(wrong),
        sum(j.verdict == "review" for j in wrong),
        sum(j.accepted for j in others),
    ]
    return f"| {' | '.join(map(str, cells))} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], help=f"{', '.join(KINDS)} (all)")
    parser.add_argument("-v", action="store_true", dest="verbose", help="every value that is not clear")
    parser.add_argument("--keep", type=Path, help="leave drafts and reports in this folder")
    args = parser.parse_args()
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    errors = 0
    with tempfile.TemporaryDirectory() as temporary:
        for name in args.kinds or KINDS:
            folder = (args.keep or Path(temporary)) / name
            folder.mkdir(parents=True)
            judged = list(graded(name, KINDS[name], folder))
            print(row(KINDS[name], judged), flush=True)
            for one in judged:
                misjudged = one.denied or one.accepted
                errors += misjudged
                if misjudged or (args.verbose and one.verdict == "review"):
                    print(f"  {'MISJUDGED ' * misjudged}{one.notebook}: {one.check} is {one.truth}, "
                          f"{one.verdict}: {one.message}", file=sys.stderr)  # fmt: skip
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
