"""Folders → submissions: what is found, refused, attached and left over."""

from __future__ import annotations

import json
import os
import socket
import sys
import zipfile
from pathlib import Path

import pytest

from grader.errors import UsageError
from grader.intake import Intake, collect

NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [{"cell_type": "code", "source": "1"}],
}


def put(path: Path, data: bytes | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json.dumps(NOTEBOOK).encode() if data is None else data)
    return path


def problems(intake: Intake) -> dict[str, str | None]:
    return {s.id: s.problem and str(s.problem) for s in intake.submissions}


def attached(intake: Intake) -> dict[str, list[str]]:
    return {s.id: [f.name for f in s.files] for s in intake.submissions}


def test_a_folder_is_searched_in_order_of_names(tmp_path: Path) -> None:
    for name in ("zoe.ipynb", "anna.ipynb", "late/mia.IPYNB", "carl.ipynb.txt"):
        put(tmp_path / name)
    intake = collect([tmp_path])
    assert [(s.id, s.path, s.problem and str(s.problem)) for s in intake] == [
        ("anna", "anna.ipynb", None),
        ("carl", "carl.ipynb.txt", None),
        ("zoe", "zoe.ipynb", None),
        ("mia", "late/mia.IPYNB", None),
    ]
    assert intake.leftovers == ()


def test_a_broken_upload_never_stops_the_others(tmp_path: Path) -> None:
    put(tmp_path / "good.ipynb")
    put(tmp_path / "empty.ipynb", b"")
    put(tmp_path / "cut.ipynb", b'{"cells": [')
    (tmp_path / "folder.ipynb").mkdir()
    os.mkfifo(tmp_path / "pipe.ipynb")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(tmp_path / "socket.ipynb"))
    (tmp_path / "dangling.ipynb").symlink_to(tmp_path / "nothing")
    (tmp_path / "out.ipynb").symlink_to("/etc/passwd")
    (tmp_path / "device.ipynb").symlink_to("/dev/zero")
    (tmp_path / "loop.ipynb").symlink_to(tmp_path / "loop.ipynb")
    (tmp_path / "updir.ipynb").symlink_to("..")
    found = problems(collect([tmp_path]))
    assert found.pop("good") is None
    expected = {
        "cut": "cut off",
        "dangling": "leads nowhere",
        "device": "out of the student's own files",
        "empty": "empty",
        "folder": "a folder with the name of a notebook",
        "loop": "leads nowhere",
        "out": "out of the student's own files",
        "pipe": "a device, pipe or socket",
        "socket": "a device, pipe or socket",
        "updir": "out of the student's own files",
    }
    assert found.keys() == expected.keys()
    for name, reason in expected.items():
        assert reason in (found[name] or ""), (name, found[name])


def test_a_link_leads_to_ones_own_files_and_not_to_anothers(tmp_path: Path) -> None:
    put(tmp_path / "anna" / "store" / "real.ipynb")
    (tmp_path / "anna" / "hw.ipynb").symlink_to("store/real.ipynb")
    put(tmp_path / "ben" / "hw.ipynb")
    put(tmp_path / "cem" / "notes.txt")
    (tmp_path / "cem" / "hw.ipynb").symlink_to("../ben/hw.ipynb")
    put(tmp_path / "dora.ipynb")
    (tmp_path / "eve.ipynb").symlink_to("dora.ipynb")
    refused = "a link that leads out of the student's own files; hand in the notebook itself"
    assert problems(collect([tmp_path])) == {
        "anna": None,
        "ben": None,
        "cem": refused,
        "dora": None,
        "eve": refused,
    }


def test_a_linked_folder_is_not_entered_but_listed(tmp_path: Path) -> None:
    put(tmp_path / "outside" / "secret.ipynb")
    put(tmp_path / "class" / "anna.ipynb")
    (tmp_path / "class" / "way-out").symlink_to(tmp_path / "outside")
    intake = collect([tmp_path / "class"])
    assert [s.id for s in intake] == ["anna"]
    assert [(x.path, x.reason) for x in intake.leftovers] == [("way-out", "a link")]


def test_a_folder_that_only_has_the_name_of_a_notebook_is_searched(tmp_path: Path) -> None:
    put(tmp_path / "hw.ipynb" / "hw.ipynb")
    assert [(s.id, s.path) for s in collect([tmp_path])] == [("hw", "hw.ipynb/hw.ipynb")]


def test_paths_named_by_hand(tmp_path: Path) -> None:
    anna = put(tmp_path / "class" / "anna.ipynb")
    put(tmp_path / "class" / "data.csv")
    link = tmp_path / "link.ipynb"
    link.symlink_to(anna)
    odd = put(tmp_path / "upload.dat")
    assert [(s.id, s.path, s.problem and str(s.problem), s.files) for s in collect([anna, link, odd])] == [
        ("anna", "anna.ipynb", None, ()),
        ("link", "link.ipynb", None, ()),
        ("upload.dat", "upload.dat", None, ()),
    ]
    with pytest.raises(UsageError, match="does not exist"):
        collect([tmp_path / "nobody.ipynb"])


def test_what_is_named_twice_is_taken_once(tmp_path: Path) -> None:
    anna = put(tmp_path / "class" / "anna.ipynb")
    put(tmp_path / "class" / "data.csv")
    assert attached(collect([anna, tmp_path / "class", anna])) == {"anna": ["data.csv"]}


def test_files_come_along_from_a_folder_of_ones_own(tmp_path: Path) -> None:
    put(tmp_path / "anna" / "hw.ipynb")
    put(tmp_path / "anna" / "helper.py", b"x = 1")
    put(tmp_path / "anna" / "data" / "x.csv", b"1,2")
    put(tmp_path / "anna" / ".ipynb_checkpoints" / "hw-checkpoint.ipynb")
    (tmp_path / "anna" / "link.txt").symlink_to("/etc/passwd")
    put(tmp_path / "ben" / "hw.ipynb")
    put(tmp_path / "ben" / "notes.txt", b"")
    intake = collect([tmp_path])
    assert attached(intake) == {"anna": ["helper.py", "data/x.csv"], "ben": ["notes.txt"]}
    first = intake.submissions[0].files[0]
    assert Path(first.source).read_bytes() == b"x = 1"
    assert first.size == 5
    assert [x.path for x in intake.leftovers] == ["anna/link.txt"]


def test_nobody_gets_files_from_a_shared_folder(tmp_path: Path) -> None:
    put(tmp_path / "anna.ipynb")
    put(tmp_path / "ben.ipynb")
    put(tmp_path / "data.csv")
    put(tmp_path / "papers" / "x.pdf")
    intake = collect([tmp_path])
    assert attached(intake) == {"anna": [], "ben": []}
    assert [(x.path, x.reason) for x in intake.leftovers] == [
        ("data.csv", "beside several notebooks: whose it is can't be told"),
        ("papers/x.pdf", "no notebook beside it"),
    ]


def test_in_a_shared_folder_a_file_is_whose_name_it_bears_or_who_uses_it(tmp_path: Path) -> None:
    put(tmp_path / "anna.ipynb")
    put(tmp_path / "ben.ipynb", json.dumps(NOTEBOOK).replace('"1"', '"import helper"').encode())
    for name in ("anna.py", "anna_data.csv", "annalena.csv", "helper.py"):
        put(tmp_path / name, b"x = 1")
    intake = collect([tmp_path])
    assert attached(intake) == {"anna": ["anna.py", "anna_data.csv"], "ben": ["helper.py"]}
    assert [x.path for x in intake.leftovers] == ["annalena.csv"]


def test_one_notebook_in_a_flat_folder_does_not_swallow_what_others_handed_in(tmp_path: Path) -> None:
    put(tmp_path / "anna.ipynb", json.dumps(NOTEBOOK).replace('"1"', '"import util"').encode())
    put(tmp_path / "util.py", b"import deep")
    put(tmp_path / "deep.py", b"x = 1")
    put(tmp_path / "ben.py", b"print(1)")
    put(tmp_path / "data.csv", b"1,2")
    with zipfile.ZipFile(tmp_path / "cem.zip", "w") as archive:
        archive.writestr("hw.ipynb", json.dumps(NOTEBOOK))
    intake = collect([tmp_path])
    assert attached(intake) == {"anna": ["deep.py", "util.py"], "ben.py": [], "cem": []}
    assert [x.path for x in intake.leftovers] == ["data.csv"]


def test_the_only_notebook_of_a_shared_parent_gets_nothing_from_the_others(tmp_path: Path) -> None:
    put(tmp_path / "anna.ipynb")
    put(tmp_path / "ben" / "hw.ipynb")
    put(tmp_path / "ben" / "ben.csv")
    assert attached(collect([tmp_path])) == {"anna": [], "hw": ["ben.csv"]}


def test_too_many_files_are_left_out_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["grader.intake.collect"], "MAX_FILES", 2)
    put(tmp_path / "hw.ipynb")
    for i in range(4):
        put(tmp_path / f"{i}.csv", b"")
    (only,) = collect([tmp_path]).submissions
    assert [f.name for f in only.files] == ["0.csv", "1.csv"]
    assert [f.id for f in only.flags] == ["files_left_out"]


def test_clutter_is_skipped_and_hidden_notebooks_are_listed(tmp_path: Path) -> None:
    put(tmp_path / "anna.ipynb")
    put(tmp_path / "ben.ipynb")
    for name in ("__MACOSX/._anna.ipynb", "._anna.ipynb", "~anna.ipynb", ".DS_Store", ".git/x", "Thumbs.db"):
        put(tmp_path / name)
    put(tmp_path / ".anna.ipynb")
    intake = collect([tmp_path])
    assert [s.id for s in intake] == ["anna", "ben"]
    assert [(x.path, x.reason) for x in intake.leftovers] == [(".anna.ipynb", "hidden file")]


def test_output_folders_are_not_taken_for_uploads(tmp_path: Path) -> None:
    put(tmp_path / "anna.ipynb")
    put(tmp_path / "out" / "anna" / "copy.ipynb")
    put(tmp_path / "old" / "anna" / "copy.ipynb")
    (tmp_path / "old" / ".grader").mkdir()
    intake = collect([tmp_path], exclude=[tmp_path / "out"])
    assert [s.id for s in intake] == ["anna"]
    assert [x.reason for x in intake.leftovers] == ["an output folder of an earlier run"]


@pytest.mark.parametrize(
    "name",
    [
        "my home work.ipynb",
        "😀.ipynb",
        "a'b\"c.ipynb",
        "=cmd|' /C calc'!A0.ipynb",
        "[red]markup[/red].ipynb",
        "<b>&amp;.ipynb",
        "two\nlines.ipynb",
        "x" * 240 + ".ipynb",
        "-rf.ipynb",
        "$(reboot).ipynb",
        "a..ipynb",
    ],
)
def test_absurd_names_are_read_and_kept_as_given(tmp_path: Path, name: str) -> None:
    put(tmp_path / name)
    (only,) = collect([tmp_path]).submissions
    assert (only.path, only.problem) == (name, None)
    assert only.id.replace("-", "").replace("_", "").replace(".", "").isalnum()


def test_a_name_that_is_not_utf_8_is_read_too(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/m\xfcller.ipynb")).write_text(json.dumps(NOTEBOOK))
    (only,) = collect([tmp_path]).submissions
    assert (only.id, only.path, only.problem) == ("m_ller", "m\ufffdller.ipynb", None)


def test_an_unreadable_file_gives_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "anna.ipynb")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    (entry,) = collect([tmp_path]).entries
    monkeypatch.setattr(os, "open", refuse)
    only = entry.read()
    assert str(only.problem) == "could not be read: Permission denied"


def test_reading_is_lazy_and_the_digest_covers_the_bytes(tmp_path: Path) -> None:
    path = put(tmp_path / "anna.ipynb")
    (entry,) = collect([tmp_path]).entries
    before = entry.read().sha256
    put(path, json.dumps(NOTEBOOK, indent=1).encode())
    assert entry.read().sha256 != before
