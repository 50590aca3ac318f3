"""Zip archives: whatever is wrong in one costs its student alone, and nothing is written elsewhere."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import struct
import zipfile
import zlib
from functools import partial
from pathlib import Path

import pytest

from grader.errors import StorageError, UsageError
from grader.intake import Intake, archives, collect

NOTEBOOK = json.dumps(
    {"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": "1"}]}
).encode()


def zipped(**files: bytes) -> bytes:
    return pack(files)


def pack(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def special(mode: int, name: str, data: bytes) -> bytes:
    """An archive whose only entry is a link, a device and so on."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.create_system = 3
        info.external_attr = mode << 16
        archive.writestr(info, data)
    return buffer.getvalue()


def read(folder: Path, files: dict[str, bytes]) -> Intake:
    """A class zip of these files, read."""
    folder.mkdir(exist_ok=True)
    path = folder / "class.zip"
    path.write_bytes(pack(files))
    return collect([path], stage=folder / "stage")


def problems(intake: Intake) -> dict[str, str | None]:
    return {s.id: s.problem and str(s.problem) for s in intake.submissions}


def test_a_zip_is_read_like_the_folder_it_holds(tmp_path: Path) -> None:
    intake = read(
        tmp_path,
        {
            "hw/anna/hw.ipynb": NOTEBOOK,
            "hw/anna/data/x.csv": b"1,2",
            "hw/ben/hw.ipynb": NOTEBOOK,
            "hw/notes.txt": b"",
            "__MACOSX/hw/anna/._hw.ipynb": b"junk",
        },
    )
    assert problems(intake) == {"anna": None, "ben": None}
    anna = intake.submissions[0]
    assert anna.path == "hw/anna/hw.ipynb"
    assert [(f.name, Path(f.source).read_bytes()) for f in anna.files] == [("data/x.csv", b"1,2")]
    assert [(x.path, x.reason) for x in intake.leftovers] == [
        ("hw/notes.txt", "beside several notebooks: whose it is can't be told")
    ]


def test_archives_within_archives_are_opened(tmp_path: Path) -> None:
    inner = zipped(**{"hw4.ipynb": NOTEBOOK, "helper.py": b"x = 1"})
    intake = read(tmp_path, {"anna.zip": inner, "ben.zip": zipped(**{"deep.zip": inner})})
    assert problems(intake) == {"anna": None, "ben": None}
    assert [[f.name for f in s.files] for s in intake] == [["helper.py"], ["helper.py"]]
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "anna.zip").write_bytes(inner)
    (folder / "ben.ipynb").write_bytes(NOTEBOOK)
    assert problems(collect([folder])) == {"anna": None, "ben": None}


def test_unpacking_happens_once_and_ends_with_the_archive(tmp_path: Path) -> None:
    read(tmp_path, {"a.ipynb": NOTEBOOK})
    (kept,) = (tmp_path / "stage").iterdir()
    (kept / "files" / "a.ipynb").write_bytes(b"")  # to be told from a second unpacking
    assert collect([tmp_path / "class.zip"], stage=tmp_path / "stage").submissions[0].problem is not None
    read(tmp_path, {"b.ipynb": NOTEBOOK})
    (other,) = (tmp_path / "stage").iterdir()
    assert other != kept


def test_a_half_unpacked_archive_is_unpacked_again(tmp_path: Path) -> None:
    read(tmp_path, {"a.ipynb": NOTEBOOK})
    (kept,) = (tmp_path / "stage").iterdir()
    (kept / "refusals.json").unlink()
    assert problems(collect([tmp_path / "class.zip"], stage=tmp_path / "stage")) == {"a": None}


@pytest.mark.parametrize("name", ["../evil.ipynb", "/etc/evil.ipynb", "a/../../evil.ipynb", "C:/evil.ipynb"])
def test_a_name_that_leads_out_writes_nothing_there(tmp_path: Path, name: str) -> None:
    intake = read(tmp_path / "x", {name: NOTEBOOK, "ben.ipynb": NOTEBOOK})
    found = problems(intake)
    assert found.pop("ben") is None
    assert set(found.values()) == {"its name leads out of the archive"}
    assert [p.name for p in tmp_path.rglob("*evil*")] == []
    assert not Path("/etc/evil.ipynb").exists()


def test_bombs_cost_their_student_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRY_BYTES", 20_000)
    monkeypatch.setattr(archives, "_Budget", partial(archives._Budget, 50_000, 50))
    large = zipped(x=b"0" * 30_000)
    many = pack({f"{i}.txt": b"" for i in range(60)})
    spread = pack({f"{i}.txt": b"0" * 15_000 for i in range(4)})
    nested = pack({f"{i}.zip": zipped(x=b"0" * 15_000) for i in range(5)})
    deep = NOTEBOOK
    for _ in range(5):
        deep = pack({"d.zip" if deep != NOTEBOOK else "hw.ipynb": deep})
    intake = read(
        tmp_path,
        {
            "large/hw.zip": large,
            "many/hw.zip": many,
            "spread/hw.zip": spread,
            "nested/hw.zip": nested,
            "deep/hw.zip": deep,
            "good/hw.ipynb": NOTEBOOK,
        },
    )
    found = {s.path.split("/")[0]: str(s.problem or "") for s in intake}
    assert found.pop("good") == ""
    assert found["large"].startswith("x: larger than")
    assert "more than" in found["many"] and "files" in found["many"]
    assert "MB when unpacked, with all that lies beside it" in found["spread"]
    assert "MB when unpacked, with all that lies beside it" in found["nested"]
    assert "4 archives deep, more than 3" in found["deep"]
    assert sum(p.stat().st_size for p in (tmp_path / "stage").rglob("*") if p.is_file()) < 100_000


def test_the_class_is_told_apart_also_below_a_folder_with_something_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_Budget", partial(archives._Budget, files=3))
    files = {
        f"export/{who}_{n}_assignsubmission_file/{f}": NOTEBOOK for n, who in enumerate("abc") for f in "xy"
    }
    intake = read(tmp_path, {"Grades.txt": b"", "export/.DS_Store": b"", **files, "export/readme": b""})
    assert [(s.student.name, s.problem) for s in intake] == [("a", None), ("b", None), ("c", None)]
    assert [x.reason for x in intake.leftovers] == ["its name does not say whose it is"] * 2


# ------------------------------------------------------------------ one archive must not stop the class


def entries(*files: tuple[bytes, bytes]) -> bytes:
    """An archive written by hand: names that no library writes."""
    body, directory = b"", b""
    for name, data in files:
        numbers = struct.pack("<HHHIII", 0, 0, 0x5A21, zlib.crc32(data), len(data), len(data))
        directory += b"PK\x01\x02" + struct.pack("<HHH", 20, 20, 0) + numbers
        directory += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, len(body)) + name
        body += (
            b"PK\x03\x04"
            + struct.pack("<HH", 20, 0)
            + numbers
            + struct.pack("<HH", len(name), 0)
            + name
            + data
        )
    end = struct.pack("<HHHHIIH", 0, 0, len(files), len(files), len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


def _put_aside(name: bytes) -> bytes:
    """Where an archive within is put while its folder is made."""
    return f".{hashlib.sha256(name).hexdigest()[:16]}.zip".encode()


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ([(b"", b"x")], ""),
        (
            [(_put_aside(b"in.zip") + b"/x", b"x"), (b"in.zip", zipped(a=b""))],
            "can't be opened under its name",
        ),
        ([(b"b/x.txt", b"x"), (b"b", b"x")], "can't be stored under its name"),
    ],
    ids=["no name", "a folder where the archive is put aside", "a folder and a file of one name"],
)
def test_names_that_no_library_writes_cost_their_student_alone(
    tmp_path: Path, inner: list[tuple[bytes, bytes]], said: str
) -> None:
    evil = entries(*inner, (b"b/hw.ipynb", NOTEBOOK))
    intake = read(
        tmp_path,
        {"Eve_1_assignsubmission_file/up.zip": evil, "Zoe_2_assignsubmission_file/hw.ipynb": NOTEBOOK},
    )
    eve, zoe = sorted(intake.submissions, key=lambda s: s.id)
    assert (eve.path, eve.problem) == ("Eve_1_assignsubmission_file/up.zip/b/hw.ipynb", None)
    assert said in "".join(f.message for f in eve.flags)
    assert zoe.problem is None and not zoe.flags


def test_a_path_of_just_the_longest_length_costs_its_student_alone(tmp_path: Path) -> None:
    """It fits the disk, but not where the archive is put aside while its folder is made."""
    room = os.pathconf(tmp_path, "PC_PATH_MAX") - len(str(tmp_path))
    for length in range(room - 200, room - 40, 10):
        parts = ["d" * 200] * (length // 201)
        path = "/".join([*parts, "d" * (length - 201 * len(parts))]).rstrip("/")
        evil = entries((path.encode() + b"/a.zip", zipped(a=b"")), (b"hw.ipynb", NOTEBOOK))
        home = tmp_path / "c"
        intake = read(
            home,
            {"Eve_1_assignsubmission_file/up.zip": evil, "Zoe_2_assignsubmission_file/h.ipynb": NOTEBOOK},
        )
        assert set(problems(intake).values()) == {None}


def test_what_looks_like_a_directory_within_a_students_file_is_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRIES", 100)
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w") as archive:  # stored, as archives of archives are
        archive.writestr("Eve_1_assignsubmission_file/x.bin", b"PK\x01\x02" * 1_000)
        archive.writestr("Zoe_2_assignsubmission_file/hw.ipynb", NOTEBOOK)
    assert len(collect([path], stage=tmp_path / "stage")) == 2


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    intake = read(
        tmp_path,
        {
            "link.zip": special(stat.S_IFLNK | 0o777, "hw.ipynb", b"/etc/passwd"),
            "device.zip": special(stat.S_IFCHR | 0o666, "hw.ipynb", b""),
            "good.zip": zipped(**{"hw.ipynb": NOTEBOOK}),
        },
    )
    assert problems(intake) == {
        "device": "hw.ipynb: a device, pipe or socket, not a file",
        "good": None,
        "link": "hw.ipynb: a link",
    }


def test_damaged_and_foreign_archives_say_so(tmp_path: Path) -> None:
    whole = bytearray(zipped(**{"hw.ipynb": NOTEBOOK * 50}))
    whole[60] ^= 0xFF
    intake = read(
        tmp_path,
        {
            "cut.zip": bytes(whole[:80]),
            "flipped.zip": bytes(whole),
            "other.rar": b"Rar!",
            "text.zip": b"hello",
            "good.ipynb": NOTEBOOK,
        },
    )
    found = problems(intake)
    assert found.pop("good") is None
    assert found["cut"] and "damaged or cut-off zip archive" in found["cut"]
    assert found["text"] and "damaged or cut-off zip archive" in found["text"]
    assert found["flipped"] and "damaged in the archive" in found["flipped"]
    assert found["other.rar"] == "a .rar archive; hand in the notebook itself or a .zip"


def test_absurd_names_are_refused_or_stored(tmp_path: Path) -> None:
    intake = read(
        tmp_path,
        {
            "ü" * 200 + ".ipynb": NOTEBOOK,
            "/".join("d" * 40) + "/deep.ipynb": NOTEBOOK,
            "two\nlines.ipynb": NOTEBOOK,
            "win\\dir\\w.ipynb": NOTEBOOK,
        },
    )
    found = {s.path.split("/")[-1][:8]: s.problem and str(s.problem) for s in intake}
    assert found["ü" * 8] == "its name is longer than 255 bytes"
    assert found["deep.ipy"] == "more than 30 folders deep"
    assert found["two\nline"] is None
    assert found["w.ipynb"] is None


def test_names_in_utf8_without_the_mark_are_read() -> None:
    told = "Müller.ipynb".encode().decode("cp437")  # how the library reads a name it takes for DOS
    assert archives._name(zipfile.ZipInfo(told)) == "Müller.ipynb"
    assert archives._name(zipfile.ZipInfo("caf\u00e9.ipynb")) == "café.ipynb"


def test_what_is_no_zip_at_all_stops_with_one_line(tmp_path: Path) -> None:
    path = tmp_path / "class.zip"
    path.write_bytes(b"<html>please log in</html>")
    with pytest.raises(
        UsageError, match=r"class\.zip: a damaged or cut-off zip archive .*; download it again"
    ):
        collect([path])


def test_a_disk_too_small_is_said_before_anything_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        free = 10

    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _: Full)
    with pytest.raises(StorageError, match=r"class\.zip could not be unpacked .*free space"):
        read(tmp_path, {"a.ipynb": NOTEBOOK})
    assert list((tmp_path / "stage").iterdir()) == []
