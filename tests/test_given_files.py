"""Data of the course that lie beside every notebook, in each world its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from class_kit import RIGHT, RUBRIC, FakeRunner, make_assignment, make_notebook

from grader import cli
from grader.assignment.given_files import beside
from grader.assignment.loading import load
from grader.commands import grade
from grader.errors import RubricError
from grader.models import AttachedFile

WITH_DATA = RUBRIC.replace("seed: 1}", "seed: 1, files: data/first}").replace(
    "seed: 2}", "seed: 2, files: data/second}"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = make_assignment(tmp_path / "mine", WITH_DATA)
    for world in ("first", "second"):
        (made / "data" / world / "more").mkdir(parents=True)
        (made / "data" / world / "points.csv").write_text(f"x,y\n1,{world}\n")
        (made / "data" / world / "more" / "names.txt").write_text("a\n")
        (made / "data" / world / ".hidden").write_text("no data")
    return made


def test_every_run_has_the_files_of_its_world(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = FakeRunner()
    monkeypatch.setattr(grade, "open_runner", runner.open)
    upload = make_notebook(tmp_path / "anna" / "hw.ipynb", RIGHT)
    (upload.parent / "points.csv").write_text("a student's own, older copy\n")
    (upload.parent / "mine.txt").write_text("mine\n")
    command = ["grade", str(upload.parent), "--rubric", str(folder), "--out", str(tmp_path / "out")]
    assert cli.run(command) == 0
    held = [{f.name: Path(f.source).read_text().split(",")[-1].strip() for f in run} for run in runner.files]
    assert sorted(h["points.csv"] for h in held) == ["first", "second"]
    assert all(h.keys() == {"points.csv", "more/names.txt", "mine.txt"} for h in held)
    assert cli.run(command) == 0
    assert len(runner.ran) == 2
    (folder / "data" / "second" / "points.csv").write_text("x,y\n2,second\n")
    assert cli.run(command) == 0
    assert len(runner.ran) == 3  # the world whose data changed, and no other


def test_a_change_of_the_data_is_a_change_of_the_assignment(folder: Path) -> None:
    before = load(str(folder))
    (folder / "data" / "second" / "points.csv").write_text("x,y\n3,4\n")
    after = load(str(folder))
    assert before.sha256 != after.sha256
    first, second = after.rubric.worlds
    assert [f.name for f in after.files_for(first)] == ["more/names.txt", "points.csv"]
    assert after.parts_of(first) != after.parts_of(second)


def test_the_courses_file_replaces_the_students() -> None:
    own = (
        AttachedFile(name="a.csv", source="/s/a", size=1),
        AttachedFile(name="b.py", source="/s/b", size=1),
    )
    given = (AttachedFile(name="a.csv", source="/c/a", size=2),)
    assert [f.source for f in beside(own, given)] == ["/s/b", "/c/a"]
    assert beside(own, ()) == own


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ("nowhere", "'nowhere' is no folder within"),
        ("..", "'..' is no folder within"),
        (".", "'.' is no folder within"),
        ("/etc", "'/etc' is no folder within"),
        ("rubric.yaml", "'rubric.yaml' is no folder within"),
        ("empty", "'empty' holds no file"),
    ],
)
def test_what_is_no_data_is_one_line(folder: Path, files: str, says: str) -> None:
    (folder / "empty").mkdir()
    (folder / "rubric.yaml").write_text(WITH_DATA.replace("data/second", files))
    with pytest.raises(RubricError) as caught:
        load(str(folder))
    assert f"rubric.yaml: files of world 'second': {says}" in str(caught.value)


def test_what_stands_in_the_place_of_a_folder_is_left_out() -> None:
    """A file called like a folder that is needed can't be copied, which would be our fault for ever."""

    def files(*names: str) -> tuple[AttachedFile, ...]:
        return tuple(AttachedFile(name=name, source=f"/{name}", size=1) for name in names)

    def around(
        handed_in: tuple[AttachedFile, ...], given: tuple[AttachedFile, ...], folder: str = ""
    ) -> list[str]:
        return [file.name for file in beside(handed_in, given, folder)]

    assert around(files("data", "a.csv"), files("data/x.csv")) == ["a.csv", "data/x.csv"]
    assert around(files("data/y.csv", "a.csv"), files("data")) == ["a.csv", "data"]
    assert around(files("a", "a/b"), ()) == ["a/b"]
    assert around(files("hw", "hw/a.csv"), files("x.csv"), folder="hw") == ["hw/a.csv", "hw/x.csv"]
    assert around(files("x.csv"), files("x.csv")) == ["x.csv"]
