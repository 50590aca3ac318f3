"""A package that is installed and can't be loaded here is as good as absent; a student's own is not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.execute.habits import packages

BROKEN = {
    "tornvision/__init__.py": "from tornvision import io\nraise RuntimeError('operator nms does not exist')",
    "tornvision/io.py": "READY = True",
    "tornvision/transforms.py": "raise RuntimeError('made for another torch')",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the student's; beside it a broken package is installed."""
    folder = tmp_path / "home"
    for root, files in ((tmp_path / "site", BROKEN), (folder, {"mine.py": "raise RuntimeError('mine')"})):
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        monkeypatch.syspath_prepend(str(root))
    finders = [packages.LoadFinder(), packages.AbsentFinder()]
    monkeypatch.setattr(packages, "_home", [f"{folder}/"])
    monkeypatch.setattr(packages, "_OURS", packages.__file__)
    monkeypatch.setattr(sys, "meta_path", [finders[0], *sys.meta_path, finders[1]])
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] in ("tornvision", "mine")]:
        del sys.modules[name]


def cell(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "<a cell>", "exec"), names)
    return names


def test_an_import_that_is_not_used_costs_nothing_and_one_that_is_says_what_lacks(home: Path) -> None:
    names = cell(
        "import tornvision\nfrom tornvision import datasets, io\nimport tornvision.transforms as T\n"
        "from tornvision.transforms import Compose"
    )
    for source in ("T.ToTensor()", "Compose([])", "io.READY()", "tornvision.__version__"):
        with pytest.raises(ModuleNotFoundError, match="the package 'tornvision' is not installed"):
            exec(source, names)


def test_who_expects_that_it_may_not_be_there_is_told_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "try:\n    import tornvision\nexcept ImportError:\n    absent = True"
    monkeypatch.setattr(packages.linecache, "getlines", lambda *_: source.splitlines(keepends=True))
    assert cell(source)["absent"]


def test_a_fault_of_the_students_own_module_is_theirs(home: Path) -> None:
    with pytest.raises(RuntimeError, match="mine"):
        cell("import mine")


def test_what_a_library_imports_is_left_alone(home: Path) -> None:
    with pytest.raises(RuntimeError, match="nms"):
        exec("import tornvision", {"__name__": "some.library"})
