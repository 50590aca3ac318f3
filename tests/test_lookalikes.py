"""Look-alikes: renamed copies are found, common property is not, and nobody is judged."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from class_kit import RIGHT, WRONG, FakeRunner, make_assignment, make_class

from grader import cli
from grader.commands import grade as command
from grader.lookalikes import search as lookalikes
from grader.lookalikes.search import SubmittedCode, find

HANDOUT = """
import numpy as np
np.random.seed(12345)

def initialize(input_dim, hidden_dim, output_dim, batch_size):
    W1 = np.random.randn(hidden_dim, input_dim) * 0.01
    b1 = np.zeros((hidden_dim,))
    x = np.random.rand(input_dim, batch_size)
    return [W1, b1], x
"""
OPERATIONS = ("+", "-", "*", "@", "/", "**", "<", ">", "==")


def work(seed: int) -> str:
    """Somebody's own code: the structure differs from seed to seed, not only the names."""
    draw = random.Random(seed)
    lines = []
    for i in range(25):
        args = ", ".join("abcdefg"[: draw.randint(1, 6)])
        terms = f" {draw.choice(OPERATIONS)} ".join(
            str(draw.randint(2, 99)) for _ in range(draw.randint(2, 6))
        )
        lines.append(
            draw.choice(
                [
                    f"v{i} = f({args}) {draw.choice(OPERATIONS)} {terms}",
                    f"for k in g({args}):\n    print({terms})",
                    f"if h({terms}):\n    w{i} = [{args}]",
                ]
            )
        )
    return "\n".join(lines)


def code(name: str, text: str, team: str = "") -> SubmittedCode:
    return SubmittedCode(name, name, team or name, HANDOUT + text)


def renamed(text: str) -> str:
    """A copy with other names, comments and blanks."""
    text = re.sub(r"\bv(\d+)", r"result_\1", text)
    return "# my own work\n" + "\n".join(f"{line}  # step {i}" for i, line in enumerate(text.split("\n")))


def test_a_renamed_copy_is_identical_and_a_changed_one_is_a_pair() -> None:
    changed = work(1).split("\n")
    changed[8:8] = work(50).split("\n")[:6]
    codes = [code(f"s{i}", work(i)) for i in range(12)]
    found = find([*codes, code("copy", renamed(work(0))), code("changed", "\n".join(changed))])
    assert [[c.id for c in group] for group in found.identical] == [["s0", "copy"]]
    assert [(p.first.id, p.second.id) for p in found.pairs] == [("s1", "changed")]
    pair = found.pairs[0]
    assert pair.share[0] > 0.9 and 0.6 < pair.share[1] < 0.95
    start, end = max(pair.passages[0], key=lambda s: s[1] - s[0])
    assert "print(" in pair.first.text[start:end] or "v" in pair.first.text[start:end]


def test_what_everybody_has_from_the_handout_makes_no_pair() -> None:
    found = find([code(f"s{i}", work(i)) for i in range(12)])
    assert (found.identical, found.pairs) == ((), ())


def test_many_copies_of_one_notebook_are_not_taken_for_common_property() -> None:
    codes = [code(f"s{i}", work(i)) for i in range(6)]
    found = find([*codes, *(code(f"c{i}", renamed(work(0))) for i in range(6))])
    assert [len(group) for group in found.identical] == [7]


def test_a_large_ring_of_changed_copies_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookalikes, "_MOST_SHARERS", 6)
    monkeypatch.setattr(lookalikes, "_NEIGHBOURS", 3)
    ring = []
    for i in range(11):
        lines = work(1000).split("\n")
        lines[2 * i : 2 * i] = work(2000 + i).split("\n")[:3]
        ring.append(code(f"ring{i}", "\n".join(lines)))
    found = find([*(code(f"s{i}", work(i)) for i in range(50)), *ring])
    named = {c.id for p in found.pairs for c in (p.first, p.second)}
    assert named == {c.id for c in ring}


def test_those_who_hand_in_together_are_not_compared() -> None:
    codes = [code(f"s{i}", work(i)) for i in range(6)]
    found = find([*codes, code("a", work(30), "Team 1"), code("b", renamed(work(30)), "Team 1")])
    assert found.identical == ()


def test_short_and_broken_code_is_counted_not_judged() -> None:
    found = find(
        [
            SubmittedCode("a", "a", "a", "x = 1"),
            SubmittedCode("b", "b", "b", "x = 1"),
            SubmittedCode("c", "c", "c", "def (:" * 50),
        ]
    )
    assert (found.identical, found.pairs, found.too_short) == ((), (), 2)


def test_the_command_writes_a_page_and_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "open_runner", FakeRunner().open)
    row = [float(i) for i in range(60)]
    uploads = make_class(tmp_path / "class", anna=row, ben=row, cem=RIGHT, dora=WRONG)
    rubric, out = make_assignment(tmp_path / "tiny"), tmp_path / "out"
    assert cli.run(["grade", str(uploads), "--out", str(out), "--rubric", str(rubric)]) == 0
    capsys.readouterr()
    assert cli.run(["lookalikes", str(out)]) == 0
    assert capsys.readouterr().out.startswith(
        "0 pairs and 1 groups of identical code among 4 submissions (2 too"
    )
    assert (out / "lookalikes.csv").read_text().splitlines()[1] == '"identical","anna","ben",1,1'
    page = (out / "lookalikes.html").read_text()
    assert "<h3 id=group-1><bdi>anna</bdi>, <bdi>ben</bdi></h3>" in page
    assert (
        "<figcaption><bdi>ben</bdi></figcaption>" in page
        and "That proves nothing" in page
        and "<script" not in page
        and "unsafe" not in page
    )


LISTED = """
import json, sys
from test_lookalikes import code, work
from grader.lookalikes import search as lookalikes
lookalikes.LARGE = 2  # as in a class of a thousand
texts = [work(i) for i in range(12)]
halves = [a + "\\n" + b for a, b in zip(texts, texts[1:])]
found = lookalikes.find(code(f"s{i}", text) for i, text in enumerate(texts + halves))
print(json.dumps([(p.first.id, p.second.id, p.share, p.passages) for p in found.pairs]))
"""


def test_the_same_class_lists_the_same_pairs_in_every_run() -> None:
    def listed(seed: int) -> str:
        path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
        environment = os.environ | {"PYTHONHASHSEED": str(seed), "PYTHONPATH": path}
        command = [sys.executable, "-c", LISTED]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout

    first = listed(1)
    assert len(json.loads(first)) > 10
    assert listed(2) == first
