"""File names → ids that are safe everywhere, unique, and independent of the other files where possible."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.intake.naming import MAX_LENGTH, Named, assign, is_notebook_name, safe
from grader.text import printable


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("anna_muster", "anna_muster"),
        ("hw4.final-2", "hw4.final-2"),
        ("Jörg Müller", "Jörg_Müller"),
        ("Jo\u0308rg", "Jörg"),  # as macOS writes it
        ("李雷", "李雷"),
        ("my homework (1)", "my_homework_1"),
        ("=cmd|' /C calc'!A0", "cmd_C_calc_A0"),
        ("[bold red]x[/]", "bold_red_x"),
        ("<script>alert(1)</script>", "script_alert_1_script"),
        ("a\nb\tc", "a_b_c"),
        ("a'b\"c`d$(e)", "a_b_c_d_e"),
        ("../../etc/passwd", "etc_passwd"),
        (".hidden", "hidden"),
        ("-rf", "rf"),
        ("grades.csv", "grades_csv"),
        ("index.HTML", "index_HTML"),
        ("CON", "upload-CON"),
        ("nul.x", "upload-nul.x"),
    ],
)
def test_ids_are_safe_and_still_tell_who(stem: str, expected: str) -> None:
    assert safe(stem) == expected


def test_names_without_a_letter_get_an_id_of_their_own() -> None:
    assert safe("😀").startswith("upload-")
    assert safe("😀") != safe("🎉")


def test_long_names_are_cut_but_stay_apart() -> None:
    one, other = safe("ä" * 200 + "1"), safe("ä" * 200 + "2")
    assert one != other
    assert len(one.encode()) <= MAX_LENGTH


@given(st.text(max_size=150))
def test_any_name_makes_a_safe_id(text: str) -> None:
    result = safe(text)
    assert result and len(result.encode()) <= MAX_LENGTH
    assert result[0] not in ".-_" and all(c.isalnum() or c in "._-" for c in result)
    assert safe(result) == result


def names(*paths: str) -> list[Named]:
    return [Named(folders=tuple(p.split("/")[:-1]), file=p.split("/")[-1]) for p in paths]


@pytest.mark.parametrize(
    ("paths", "ids"),
    [
        (["c/anna.ipynb", "c/ben.ipynb"], ["anna", "ben"]),
        (["c/anna/hw.ipynb", "c/ben/hw.ipynb"], ["anna-hw", "ben-hw"]),
        (["c/a_b.ipynb", "c/x.ipynb"], ["a_b", "x"]),
        (["c/anna.ipynb.txt"], ["anna"]),
    ],
)
def test_ids_come_from_the_stem_and_where_stems_meet_from_the_folder(
    paths: list[str], ids: list[str]
) -> None:
    assert assign(names(*paths)) == ids


def test_of_names_that_become_alike_the_plain_one_keeps_its_own() -> None:
    spaced, plain = assign(names("c/a b.ipynb", "c/a_b.ipynb"))
    assert plain == "a_b"
    assert spaced != plain and spaced.startswith(("a_b-", "c-a_b"))


def test_ids_that_differ_only_in_case_are_kept_apart() -> None:
    ids = assign(names("c/Anna.ipynb", "c/anna.ipynb"))
    assert len({i.casefold() for i in ids}) == 2


def test_an_id_does_not_change_when_unrelated_files_arrive() -> None:
    before = assign(names("c/anna/hw.ipynb", "c/ben/hw.ipynb", "c/zoe.ipynb"))
    after = assign(
        names("c/anna/hw.ipynb", "c/ben/hw.ipynb", "c/zoe.ipynb", "c/carl/hw.ipynb", "c/yan.ipynb")
    )
    assert after[:3] == before


@given(
    st.lists(
        st.tuples(st.sampled_from(["c", "c/a", "c/b", "c/A"]), st.text("aAb _-1=é", min_size=1, max_size=4)),
        unique=True,
        max_size=20,
    ),
    st.randoms(),
)
def test_ids_are_unique_and_do_not_depend_on_order(found: list[tuple[str, str]], rng: random.Random) -> None:
    listed = names(*(f"{folder}/{stem}.ipynb" for folder, stem in found))
    ids = assign(listed)
    assert len({i.casefold() for i in ids}) == len(ids)
    shuffled = list(listed)
    rng.shuffle(shuffled)
    assert dict(zip(shuffled, assign(shuffled), strict=True)) == dict(zip(listed, ids, strict=True))


@pytest.mark.parametrize("name", ["a.ipynb", "a.IPYNB", "a.ipynb.txt", "a.ipynb.json", "a b(1).ipynb"])
def test_notebook_names(name: str) -> None:
    assert is_notebook_name(name)


@pytest.mark.parametrize("name", ["a.py", "ipynb", "a.ipynb.bak", "a.ipynb.zip", "a.json"])
def test_other_names(name: str) -> None:
    assert not is_notebook_name(name)


def test_printable_is_one_line_without_control_characters() -> None:
    assert printable("a\nb\x1b[31m\u202ec") == "a⟨U+000A⟩b⟨U+001B⟩[31m⟨U+202E⟩c"
    assert len(printable("x" * 5000)) < 200
