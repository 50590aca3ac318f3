"""A class of twenty on each platform, in which every second student hands in as people do."""

from __future__ import annotations

import io
import re
import shutil
import struct
import unicodedata
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from test_intake_whose import notebook

from grader.intake import Intake, collect

N = 20
PEOPLE = [
    *("Ana Ruiz", "Jörg Müller", "Li Wei", "Zoë O'Neil", "Kim Berg", "Björn Østergård", "Chloé Dubois-Nuñez"),
    *("李 伟", "Jan de Vries", "Ana Ruíz", "Max Mustermann", "Eva Van Den Berg", "Łukasz Żak", "Иван Петров"),
    *("Sam Smith", "Noor Al-Sayed", "Tom Wu", "Ute Groß", "Ida Lind", "Per Holm"),
]
LETTERS = ["".join(c for c in p.casefold() if c.isalnum()) for p in PEOPLE]
FOLDERS: dict[str, str] = {
    "moodle": "{name}_{id}_assignsubmission_file/",
    "ilias": "Blatt 4/Abgaben/{last}_{first}_u{n}_{id}/",
    "nbgrader": "submitted/u{n}/hw4/",
    "nbgrader's exchange": "inbound/u{n}+hw4+2026-06-07 09:00:00.123456 UTC+aGFz{n}/",
    "github classroom": "hw4-submissions/hw4-u{n}/",
    "brightspace": "{id}-42 - {name} - Jun 7, 2026 905 AM/",
    "sakai": "Homework 4/{last}, {first}(u{n})/Submission attachment(s)/",
    "submitty": "submissions/u{n}/1/",
    "cocalc": "{n:08x}-0000-4000-8000-{n:012x}/",
    "teams": "Submitted files/{name}/Homework 4/Version 1/",
    "gradescope": "assignment_9_export/submission_{id}/",
    "a folder each": "{name}/",
}
FLAT: dict[str, str] = {
    "moodle, flat": "{name}_{id}_assignsubmission_file_",
    "canvas": "{letters}_{id}_{file_id}_",
    "dropbox": "{name} - ",
    "blackboard": "Homework 4_u{n}_attempt_2026-06-07-09-00-{n:02d}_",
    "brightspace, flat": "{id}-42 - {name} - Jun 7, 2026 905 AM - ",
    "prairielearn": "u{n}@x.edu_1_hw4_1_1_{id}_",
    "autolab": "u{n}@x.edu_1_",
}
PLATFORMS = FOLDERS | FLAT


def zipped(*files: tuple[str, bytes], encoding: str = "utf-8") -> bytes:
    """A zip whose names are these very bytes, and which does not say how they are to be read."""
    data, central = io.BytesIO(), b""
    for name, content in files:
        raw = name.encode(encoding)
        sizes = (zlib.crc32(content), len(content), len(content), len(raw))
        where = data.tell()
        data.write(struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 0x5CC3, *sizes, 0) + raw + content)
        central += struct.pack(
            "<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 0, 0, 0x5CC3, *sizes, 0, 0, 0, 0, 0, where
        )
        central += raw
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(files), len(files), len(central), data.tell(), 0)
    return data.getvalue() + central + end


def apart(name: str) -> str:
    """As a Mac writes names: u and two dots."""
    return unicodedata.normalize("NFD", name)


def habit(which: str, n: int) -> Sequence[tuple[str, bytes]]:
    """What student n hands in."""
    me, old = notebook(f"student {n}").encode(), notebook(f"student {n}, scratch").encode()
    mac = apart(f"Übung/{PEOPLE[n]}.ipynb")
    junk = apart(f"__MACOSX/Übung/._{PEOPLE[n]}.ipynb")
    windows = (("Übung 4\\hw4.ipynb", me), ("Übung 4\\ä.png", b""))
    apple = ((mac, me), (junk, b"\0\5\x16\7"), (apart("Übung/.DS_Store"), b""))
    saved = (("hw4.ipynb", me), (".ipynb_checkpoints/hw4-checkpoint.ipynb", old))
    within = zipped(("hw4/hw4.ipynb", me))
    tree = (("notebooks/hw4.ipynb", me), ("src/model.py", b"x = 1"), ("README.md", b""))
    return {
        "": [("hw4.ipynb", me)],
        "zip of Windows": [("hw4.zip", zipped(*windows, encoding="cp850"))],
        "zip in cp1252": [("Übung.zip", zipped(("Lösung Größe/hw4 für.ipynb", me), encoding="cp1252"))],
        "zip of a Mac": [("hw4.zip", zipped(*apple))],
        "doubled folder": [("hw4.zip", within)],
        "zip in a zip": [("hw4.zip", zipped(("hw4/hw4.zip", within)))],
        "checkpoints": [("hw4.zip", zipped(*saved))],
        "notebook and its zip": [("hw4.ipynb", me), ("hw4.zip", zipped(("hw4.ipynb", me)))],
        "copy of Google Drive": [("Copy of hw4.ipynb", me)],
        "both copies": [("hw4.ipynb", me), ("Copy of hw4.ipynb", old), ("hw4 (2).ipynb", old + b" ")],
        "Untitled": [("Untitled.ipynb", me)],
        "scratch beside it": [("hw4.ipynb", me), ("Untitled.ipynb", old)],
        "own name": [(f"{PEOPLE[n]} hw4 final FINAL.ipynb", me)],
        "capitals": [("HW4.IPYNB", me)],
        "renamed by a browser": [("hw4.ipynb.txt", me)],
        "saved as json": [("hw4.json", me)],
        "with a pdf": [("hw4.ipynb", me), ("hw4.pdf", b"%PDF"), ("x.csv", b"a,b")],
        "repository": [("hw4.zip", zipped(*tree))],
        "7z": [("hw4.7z", b"7z\xbc\xaf\x27\x1c" + bytes(40))],
        "rar": [("hw4.rar", b"Rar!\x1a\x07" + bytes(40))],
        "tar.gz": [("hw4.tar.gz", b"\x1f\x8b" + bytes(40))],
        "only the page": [("hw4.html", b"<html>")],
    }[which]


HABITS = (
    *("zip of Windows", "zip in cp1252", "zip of a Mac", "doubled folder", "zip in a zip", "checkpoints"),
    *(
        "notebook and its zip",
        "copy of Google Drive",
        "both copies",
        "Untitled",
        "scratch beside it",
        "own name",
    ),
    *("capitals", "renamed by a browser", "saved as json", "with a pdf", "repository", "7z", "rar", "tar.gz"),
    "only the page",
)
UNREAD = {"7z", "rar", "tar.gz", "only the page"}
"""in the class all the same, for a person"""


def lay(folder: Path, platform: str, habits: Sequence[str]) -> Path:
    """The export of a class; habits: of student 1, 3, 5, …; the others hand in hw4.ipynb."""
    for n, name in enumerate(PEOPLE):
        first, _, last = name.partition(" ")
        own = habit(habits[n // 2 % len(habits)] if n % 2 and habits else "", n)
        for k, (file, data) in enumerate(own):
            values = {
                "n": n,
                "id": 500 + n,
                "file_id": 9000 + 50 * n + k,
                "name": name,
                "letters": LETTERS[n],
            }
            path = folder / (PLATFORMS[platform].format(**values, first=first, last=last) + file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        if platform == "submitty":
            (path.parent / ".submit.timestamp").write_text("2026-06-01 09:00:00+0000\n")
    if platform == "gradescope":
        people = "".join(f"submission_{500 + n}:\n  :submitters:\n  - :sid: 'u{n}'\n" for n in range(N))
        (folder / "assignment_9_export/submission_metadata.yml").write_text(people)
    return folder


def whose(intake: Intake) -> dict[str, tuple[str, set[int]]]:
    """Id → origin, and the students whose notebooks it may be graded by."""
    found = {}
    for entry in intake.entries:
        read = entry.read()
        code = " ".join(c.source for cells in (read.cells, *(o.cells for o in read.others)) for c in cells)
        found[entry.id] = entry.origin, {int(n) for n in re.findall(r"student (\d+)", code)}
    return found


@pytest.mark.parametrize("platform", PLATFORMS)
def test_nobody_is_lost_doubled_or_merged_whatever_they_hand_in(tmp_path: Path, platform: str) -> None:
    clean = whose(collect([lay(tmp_path / "monday", platform, ())]))
    assert sorted(n for _, students in clean.values() for n in students) == list(range(N))
    for turn in range(0, len(HABITS), 10):
        habits = HABITS[turn : turn + 10]
        folder = lay(tmp_path / f"tuesday {turn}" / "Download (3)", platform, habits)
        archive = shutil.make_archive(str(tmp_path / f"export {turn}"), "zip", folder)
        for path in (folder, Path(archive)):
            intake = collect([path])
            found = whose(intake)
            assert {id: origin for id, (origin, _) in found.items()} == {
                id: origin for id, (origin, _) in clean.items()
            }, "ids and origins say who it is, not what was handed in"
            unread = {n for n in range(1, N, 2) if habits[n // 2 % len(habits)] in UNREAD}
            for id, (_, students) in found.items():
                assert students == clean[id][1] - unread, id
            assert intake.leftovers == ()


@pytest.mark.parametrize("sections", [("Tue", "Thu"), ("Tue", "Thu", "Fri")])
def test_sections_are_no_students(tmp_path: Path, sections: Sequence[str]) -> None:
    for n, name in enumerate(PEOPLE[:7]):
        path = tmp_path / sections[n % len(sections)] / name / ("hw4.ipynb" if n else "work/hw4.ipynb")
        path.parent.mkdir(parents=True)
        path.write_text(notebook(f"student {n}"))
    (tmp_path / "Tue" / "data").mkdir()
    (tmp_path / "Tue" / "data" / "x.csv").write_text("1")
    found = whose(collect([tmp_path]))
    assert sorted(n for _, students in found.values() for n in students) == list(range(7))
    assert {id: origin.rpartition("/")[2] for id, (origin, _) in found.items()}.keys() == {
        re.sub(r"\W", "_", name).replace("Dubois_", "Dubois-") for name in PEOPLE[:7]
    }


def test_who_came_late_lies_in_a_folder_of_their_own(tmp_path: Path) -> None:
    for n, name in enumerate(PEOPLE[:9]):
        path = tmp_path / ("late" if n > 5 else "") / name / "hw4.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(notebook(f"student {n}"))
    assert sorted(n for _, found in whose(collect([tmp_path])).values() for n in found) == list(range(9))
    assert all(len(found) == 1 for _, found in whose(collect([tmp_path])).values())


def test_a_whole_course_of_nbgraders_is_its_submitted(tmp_path: Path) -> None:
    """Read: jupyter/nbgrader, nbgrader/coursedir.py (source, release, submitted, autograded, feedback)."""
    lay(tmp_path, "nbgrader", ())
    for stage in ("autograded", "feedback"):
        shutil.copytree(tmp_path / "submitted", tmp_path / stage)
    for stage in ("source", "release"):
        (tmp_path / stage / "hw4").mkdir(parents=True)
        (tmp_path / stage / "hw4" / "hw4.ipynb").write_text(notebook("the assignment"))
    (tmp_path / "gradebook.db").write_bytes(b"SQLite")
    intake = collect([tmp_path])
    assert sorted(n for _, students in whose(intake).values() for n in students) == list(range(N))
    assert ({s.student.id for s in intake}, intake.leftovers) == ({f"u{n}" for n in range(N)}, ())


def test_what_lies_in_teams_beside_what_was_handed_in_is_nobodys(tmp_path: Path) -> None:
    lay(tmp_path, "teams", ())
    for name in PEOPLE:
        path = tmp_path / "Working files" / name / "Homework 4" / "hw4.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(notebook("not yet"))
    found = whose(collect([tmp_path]))
    assert sorted(n for _, students in found.values() for n in students) == list(range(N))


def test_parts_of_a_students_work_are_no_students(tmp_path: Path) -> None:
    for n, name in enumerate(PEOPLE[:4]):
        for part in ("task 1", "task 2"):
            path = tmp_path / name / part / "solution.ipynb"
            path.parent.mkdir(parents=True)
            path.write_text(notebook(f"student {n}, {part}"))
    assert [students for _, students in whose(collect([tmp_path])).values()] == [{0}, {1}, {2}, {3}]


def test_of_many_notebooks_those_near_the_top_are_looked_at(tmp_path: Path) -> None:
    for n, name in enumerate(PEOPLE[:3]):
        (tmp_path / name).mkdir()
        (tmp_path / name / "hw4.ipynb").write_text(notebook(f"student {n}"))
    for k in range(12):
        path = tmp_path / PEOPLE[0] / "venv/lib/site-packages/x" / f"example {k}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(notebook(f"example {k}"))
    assert [students for _, students in whose(collect([tmp_path])).values()] == [{0}, {1}, {2}]


def test_what_is_called_alike_in_a_flat_folder_are_several_students(tmp_path: Path) -> None:
    """Downloaded from mail one after the other: the browser counted, nobody copied."""
    for n, name in enumerate(("hw4.ipynb", "hw4 (1).ipynb", "hw4 (2).ipynb", "hw4 (3).json")):
        (tmp_path / name).write_text(notebook(f"student {n}"))
    assert sorted(n for _, students in whose(collect([tmp_path])).values() for n in students) == [0, 1, 2, 3]
