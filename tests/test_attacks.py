"""The attack corpus: hostile notebooks get nowhere, whatever the tier and whoever runs the grader.

A campaign (attack_campaign.py) is a program of its own for each tier and user; here its record is judged,
one attack at a time. The attacks and what must come of them: attacks/manifest.yaml.

By default the corpus runs on the strongest tier as whoever runs the tests, and every fifth attack on the
base tier as an ordinary user; with ATTACKS=all in the environment, all on every tier of this machine, as root
also as both.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import attack_corpus as corpus
import pytest
from attack_machine import canary, discard
from execute_kit import attached

from grader.errors import KernelStartError
from grader.execute.workdir import copy_files
from grader.jail.probe import TIERS, examine
from grader.jail.view import _hidden, around
from grader.models import AttachedFile

pytestmark = [pytest.mark.kernel, pytest.mark.attack]

HERE = Path(__file__).parent
USER = 59_873
GROWTH = 160 << 20
ATTACKS = {attack.id: attack for attack in corpus.load()}


def campaigns() -> dict[tuple[str, str], list[str]]:
    """(tier, user) → attacks: those of this machine that the environment asks for."""
    tiers = [tier for tier in TIERS[1:] if TIERS.index(tier) <= TIERS.index(examine().tier)]
    me = "user" if os.getuid() else "root"
    every = [(tier, me) for tier in tiers]
    if me == "root":
        every += [(tier, "user") for tier in tiers if tier != "full"]
    if os.environ.get("ATTACKS") == "all":
        return {pair: list(ATTACKS) for pair in every}
    slices = {("base", "user"): list(ATTACKS)[::5], (tiers[-1], me): list(ATTACKS)}
    return {pair: slices[pair] for pair in every if pair in slices}


CAMPAIGNS = campaigns()


def as_user(command: list[str], kept: Path) -> list[str]:
    """A command line that runs another as an ordinary user, who can reach Python wherever root keeps it.

    Directories closed to others on the way to Python or the checkout are covered, in a mount namespace of
    the command's own, by empty ones that show only these. kept: an empty directory to use meanwhile.
    """
    drop = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", "--inh-caps=-all", "--"]
    packages = [HERE.parent / name for name in ("tests", "grader", "rubric")]
    wanted = sorted({os.path.realpath(path) for path in (sys.prefix, sys.base_prefix, *packages)})
    closed = {path: folder for path in wanted if (folder := first_closed(Path(path)))}
    if not closed:
        return [*drop, *command]
    lines = ["set -e", f"mount -t tmpfs kept '{kept}'"]
    for number, path in enumerate(closed):
        lines += [f"mkdir '{kept}/{number}'", f"mount --rbind '{path}' '{kept}/{number}'"]
    lines += [f"mount -t tmpfs -o mode=755 closed '{folder}'" for folder in sorted(set(closed.values()))]
    for number, path in enumerate(closed):
        lines += [f"mkdir -p '{path}'", f"mount --rbind '{kept}/{number}' '{path}'"]
    return ["unshare", "-m", "sh", "-c", "\n".join([*lines, 'exec "$@"']), "sh", *drop, *command]


def first_closed(path: Path) -> Path | None:
    """The outermost directory above a path that others may not pass."""
    return next((p for p in reversed(path.parents) if not p.stat().st_mode & stat.S_IXOTH), None)


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    name = tempfile.mkdtemp(prefix="attacks-")
    Path(name).chmod(0o755)
    yield Path(name)
    discard(name)


@cache
def told(tier: str, user: str, names: str, place: Path) -> dict[str, Any]:
    """The record of one campaign. names: attacks, separated by blanks."""
    folder = Path(tempfile.mkdtemp(dir=place))
    result = folder / "result.json"
    command = [sys.executable, str(HERE / "attack_campaign.py"), tier, str(result), *names.split()]
    if user == "user" and os.getuid() == 0:
        os.chown(folder, USER, USER)
        command = as_user(command, Path(tempfile.mkdtemp(dir=place)))
    # nothing of the real environment: what leaks is written down
    environment = {"GRADER_TOKEN": canary("environment"), "TMPDIR": str(folder), "HOME": str(folder)}
    environment["PATH"] = os.environ["PATH"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, check=False)
    if not result.exists():
        return {"broken": f"the campaign ended with {done.returncode}: {done.stderr[-2000:]}"}
    record: dict[str, Any] = json.loads(result.read_text())
    return record


def in_common(tier: str, user: str) -> str:
    """The attacks that run together; one that is known to get through runs alone, or it would spoil all."""
    return " ".join(name for name in CAMPAIGNS[tier, user] if not ATTACKS[name].known_gap(tier, user))


def everything() -> Iterator[Any]:
    for (tier, user), names in CAMPAIGNS.items():
        for attack in map(ATTACKS.__getitem__, names):
            name = attack.id
            reason = attack.known_gap(tier, user)
            marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
            yield pytest.param(tier, user, attack, marks=marks, id=f"{tier}-{user}-{name}")


@pytest.mark.parametrize(("tier", "user", "attack"), list(everything()))
def test_attack(tier: str, user: str, attack: corpus.Attack, place: Path) -> None:
    gap = attack.known_gap(tier, user)
    record = told(tier, user, attack.id if gap else in_common(tier, user), place)
    assert "broken" not in record, record["broken"]
    assert not gap or record["left"] == []
    assert "attacks" in record, record["left"]
    seen = record["attacks"][attack.id]
    assert seen["leaked"] == []
    assert seen["status"] in attack.status, seen["message"]
    assert attack.says in seen["message"]
    assert tuple(seen["honest_values"]) == corpus.HONEST_VALUES, seen["message"]
    if seen["status"] in ("ok", "error") or seen["stopped_at"] is None:  # None: interrupted, it went on
        assert not attack.after or seen["ran_to_the_end"]
    else:
        assert seen["stopped_at"] >= 2
        assert seen["message"].startswith(f"cell {seen['stopped_at'] + 1} ")
    for cell, text in attack.prints.items():
        assert text in seen["by_cell"].get(str(cell), "")
    assert seen["beside"] >= 1 and seen["disturbed"] == []
    assert seen["memory_growth"] < GROWTH


@pytest.mark.parametrize(("tier", "user"), CAMPAIGNS)
def test_after_all_attacks(tier: str, user: str, place: Path) -> None:
    """Processes, descriptors, directories, cgroups, mounts, shared memory, files by name: all gone."""
    record = told(tier, user, in_common(tier, user), place)
    assert record["left"] == []
    assert record["victim_unharmed"]
    assert record["tier"] == tier
    assert (record["uid"] == 0) == (user == "root")


def test_every_attack_is_in_the_manifest() -> None:
    assert {path.stem for path in corpus.FOLDER.glob("*.py")} - {"_tools"} == set(ATTACKS)


def test_the_attacks_get_through_where_nothing_stops_them(place: Path) -> None:
    """The probes are real: without a cage they find the secrets. Only those that merely read run here."""
    seen = told("none", "whoever", "read_proc solution", place)["attacks"]
    found = "\n".join(seen["read_proc"]["leaked"])
    assert "CANARY-environment-" in found and "processes of others" in found
    assert "import grader" in "\n".join(seen["solution"]["leaked"])


# ------------------------------------------------------------------------ beside the corpus


@pytest.mark.parametrize("kind", ["link", "link to a folder", "name that leads out", "pipe", "gone"])
def test_handed_in_files_that_are_none_are_refused(kind: str, tmp_path: Path) -> None:
    secret = attached(tmp_path, "secret.txt", canary("file"))
    work = tmp_path / "work"
    work.mkdir()
    path = tmp_path / "handed-in"
    name = "data.csv"
    if kind == "link":
        path.symlink_to(secret.source)
    elif kind == "link to a folder":
        path.symlink_to(tmp_path)
    elif kind == "name that leads out":
        shutil.copy(secret.source, path)
        name = "../data.csv"
    elif kind == "pipe":
        os.mkfifo(path)
    descriptor = os.open(work, os.O_RDONLY)
    try:
        with pytest.raises(KernelStartError):
            copy_files([AttachedFile(name=name, source=str(path), size=1)], descriptor)
    finally:
        os.close(descriptor)
    assert not any(canary_in(found) for found in (*work.rglob("*"), tmp_path / "data.csv"))


def canary_in(path: Path) -> bool:
    return path.is_file() and "CANARY" in path.read_text()


def test_an_editable_install_is_not_shown(tmp_path: Path) -> None:
    """The file names the checkout. Nothing there can be read, but nobody needs to know where it is."""
    (tmp_path / "_editable_impl_notebook_grader.pth").write_text("/home/teacher/grader")
    (tmp_path / "numpy").mkdir()
    shown = set(around(str(tmp_path), _hidden([str(tmp_path)])))
    assert shown == {str(tmp_path / "numpy")}
