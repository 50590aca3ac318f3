"""Which of Homework 4's known mistakes can be told apart by what they print, and in which world.

python benchmarks/hw4_mistakes.py            the tables of rubric/hw4/README.md
python benchmarks/hw4_mistakes.py --search 60   look a minute long for a better second world
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from rubric.hw4 import canonical, mistakes, variations
from rubric.schema import Rubric, World

Array = NDArray[np.float64]
CHECKED = ("h1", "h2", "output", "dW1", "db1", "dW2", "db2", "dW3", "db3")


def values(world: World, ids: list[str]) -> dict[str, dict[str, Array]]:
    """Checked quantities of the solution ("canonical") and of every mistake."""
    variations.forget()
    found = {"canonical": canonical.quantities(world)}
    found |= {id: dict(mistakes.variant(world, (id,)) or {}) for id in ids}
    return {id: {n: np.asarray(q[n]) for n in CHECKED if n in q} for id, q in found.items()}


def gap(one: Array | None, other: Array | None) -> float:
    """Largest difference relative to the largest magnitude; 1 where only one exists or shapes differ."""
    if one is None or other is None:
        return float(one is not other)
    if one.shape != other.shape:
        return 1.0
    return float(np.abs(one - other).max() / max(np.abs(one).max(), np.abs(other).max(), 1e-300))


def four_decimals(one: Array | None, other: Array | None) -> float:
    """0 where both print alike with four fixed decimals."""
    if one is None or other is None or one.shape != other.shape:
        return float(one is not other)
    return float((np.round(one, 4) != np.round(other, 4)).any())


Distance = Callable[[Array | None, Array | None], float]


def apart(one: Mapping[str, Array], other: Mapping[str, Array], distance: Distance) -> float:
    return max(distance(one.get(n), other.get(n)) for n in CHECKED)


def groups(found: dict[str, dict[str, Array]], distance: Distance, limit: float) -> list[list[str]]:
    """Sets of names that no checked quantity tells apart (each joins the first it is like)."""
    gathered: list[list[str]] = []
    for name, quantities in found.items():
        for group in gathered:
            if apart(quantities, found[group[0]], distance) < limit:
                group.append(name)
                break
        else:
            gathered.append([name])
    return [g for g in gathered if len(g) > 1]


def tables(rubric: Rubric) -> None:
    ids = [m.id for m in mistakes.MISTAKES]
    limit = 4 * rubric.tolerance.rtol
    print(f"{len(ids)} mistakes. How many of them leave a quantity looking right:\n")
    print("| quantity | handout, exact | handout, four decimals | second, exact |\n|---|---|---|---|")
    handout, second = (values(w, ids) for w in rubric.worlds)
    rows: list[tuple[dict[str, dict[str, Array]], Distance, float]] = [
        (handout, gap, limit), (handout, four_decimals, 0.5), (second, gap, limit),
    ]  # fmt: skip
    for name in CHECKED:
        counts = [
            sum(distance(w[i].get(name), w["canonical"][name]) < least for i in ids)
            for w, distance, least in rows
        ]
        print(f"| {name} | {' | '.join(map(str, counts))} |")
    titles = ("handout's world, exact", "handout's world, four fixed decimals", "second world, exact")
    for title, (found, distance, least) in zip(titles, rows, strict=True):
        print(f"\nNot told apart by all nine together, {title}:\n")
        for group in groups(found, distance, least) or [["none"]]:
            print(f"- {', '.join(group)}")


def search(rubric: Rubric, seconds: float) -> None:
    """Prints the rubric's second world and the best others.

    alike: prints of one quantity by two people that differ by less than 10⁻⁴ of their magnitude.
    smallest visible change: of the changes that a mistake makes to a quantity, relative to its magnitude.
    """
    ids = [m.id for m in mistakes.MISTAKES if "_rounded_" not in m.id]
    rng, end = np.random.RandomState(1), time.monotonic() + seconds
    own = rank(rubric.worlds[1], ids)
    best: list[tuple[int, float, int, float]] = []
    while time.monotonic() < end:
        seed, scale = int(rng.randint(20000, 10**6)), float(rng.choice([30, 35, 40, 45, 50]))
        best = sorted([*best, rank(World(name="w", seed=seed, scale=scale), ids)])[:8]
    for alike, smallest, seed, scale in (own, *best):
        print(f"seed {seed}, scale {scale:g}: {alike} alike, smallest visible change {-smallest:.1e}")


def rank(world: World, ids: list[str]) -> tuple[int, float, int, float]:
    found = list(values(world, ids).values())
    alike, smallest = 0, 1.0
    for name in CHECKED:
        shape = found[0][name].shape
        table = np.array([f[name].ravel() for f in found if name in f and f[name].shape == shape])
        size = np.maximum(np.abs(table).max(axis=1), 1e-300)
        gaps = np.abs(table[:, None] - table[None]).max(-1) / np.maximum(size[:, None], size[None])
        alike += int((np.triu(gaps < 1e-4, 1)).sum())
        smallest = min(smallest, gaps[0][gaps[0] > 1e-9].min())
    return alike, -smallest, world.seed, world.scale


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--search", type=float, default=0, metavar="SECONDS")
    seconds = parser.parse_args().search
    text = (Path(canonical.__file__).parent / "rubric.yaml").read_text(encoding="utf-8")
    homework = Rubric.model_validate(yaml.safe_load(text))
    if seconds:
        search(homework, seconds)
    else:
        tables(homework)
