"""What a kept result depends on: a change in any room that decides it makes another key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.batch.code import EXECUTION_CODE, JUDGING_CODE, PAGE_CODE, REPORT_CODE, digests
from grader.batch.keys import Conditions, execution_key
from grader.execute import Limits
from grader.models import Cell, Flag, Said, Submission

HOME = Path(__file__).parents[1]
RUNS = ("execute", "jail", "models.py", "errors.py")
JUDGEMENTS = ("intake", "extract", "assignment", "judging", "models.py", "text.py", "csvtext.py", "syntax.py")
REPORTS = (*JUDGEMENTS, "report", "words")
ROOMS = {
    EXECUTION_CODE: RUNS,
    JUDGING_CODE: JUDGEMENTS,
    REPORT_CODE: REPORTS,
    PAGE_CODE: ("report", "words", "models.py"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sources")
    skip = shutil.ignore_patterns("__pycache__", "hw4")
    for name in ("grader", "rubric"):
        shutil.copytree(HOME / name, home / name, ignore=skip)
    return home


@pytest.mark.parametrize(
    ("depends", "room"), [(depends, room) for depends, rooms in ROOMS.items() for room in rooms]
)
def test_a_changed_file_of_a_room_changes_the_key(copy: Path, depends: tuple[str, ...], room: str) -> None:
    before = digests(copy, depends)
    place = copy / "grader" / room
    names = (
        [place]
        if place.suffix
        else [p for p in place.rglob("*.py") if str(p.relative_to(copy)) in dict(before)]
    )
    assert names, f"nothing of {room} belongs to the key"
    for path in names[:3]:
        text = path.read_bytes()
        path.write_bytes(text + b"\n# changed\n")
        assert digests(copy, depends) != before
        path.write_bytes(text)


def test_the_schema_of_rubrics_belongs_to_every_judgement(copy: Path) -> None:
    assert "rubric/schema.py" in dict(digests(copy, JUDGING_CODE))
    assert "rubric/schema.py" in dict(digests(copy, REPORT_CODE))


@pytest.mark.parametrize("depends", ROOMS)
def test_what_people_work_with_belongs_to_no_key(copy: Path, depends: tuple[str, ...]) -> None:
    rooms = {name.split("/")[1] for name, _ in digests(copy, depends)}
    assert not rooms & {"cli.py", "commands", "desk", "batch", "handback", "hw4"}


def test_a_page_depends_on_its_templates_and_styles(copy: Path) -> None:
    names = dict(digests(copy, PAGE_CODE))
    assert any(name.endswith(".css") for name in names)
    assert any(name.endswith(".html") for name in names)


def test_a_script_and_a_notebook_of_the_same_code_share_no_run() -> None:
    """A script has `__file__`: what fails in the one runs in the other."""
    cells = (Cell(index=0, kind="code", source="print(__file__)"),)
    notebook = Submission(id="a", path="", sha256="0" * 64, cells=cells)
    script = notebook.model_copy(update={"flags": (Flag.of("script", Said("A script.")),)})
    again = notebook.model_copy(update={"id": "b"})
    one, other, same = (
        execution_key(s, "", {}, "", Conditions(Limits(), "base")) for s in (notebook, script, again)
    )
    assert one != other and one == same
