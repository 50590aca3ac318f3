"""The scale benchmark, with a class that is small: what it measures is what happens."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import scale


def test_a_small_class_goes_through(tmp_path: Path) -> None:
    figures = dict(scale.measure(6, "replay", tmp_path, ("grade", "points")))
    assert all(figures[name]["seconds"] > 0 and figures[name]["peak_mb"] > 50 for name in ("grade", "points"))
    assert figures["output"]["files"] > 6 * 4
    reports = [json.loads(p.read_bytes()) for p in sorted((tmp_path / "out").glob("*/report.json"))]
    assert len(reports) == 6
    assert all(r["score"] is not None and r["max_score"] > 100 for r in reports)  # of the changed points
    assert len({r["rubric"]["sha256"] for r in reports}) == 1  # all judged by the last rubric
