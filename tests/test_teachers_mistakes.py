"""What a teacher gets wrong in an assignment folder: one line with the file, the place, what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest
from class_kit import CANONICAL, RUBRIC, make_assignment

from grader.assignment import loading as assignment
from grader.assignment.loading import load
from grader.assignment.rubric_file import load_rubric
from grader.commands.rubric import check
from grader.errors import RubricError

MISTAKES = (
    "from rubric.schema import Mistake\n"
    "MISTAKES = [Mistake('half', 'm', 'd', frozenset())]\n"
    "def variant(world, ids):\n    return {'total': [1.0, 2.0, 3.0]}\n"
)


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("rubric.yaml", RUBRIC + "title: again\n", "key 'title' stands twice"),
        (
            "rubric.yaml",
            RUBRIC.replace("labels:", "label:"),
            "0.label: unknown field, expected labels",
        ),
        (
            "rubric.yaml",
            RUBRIC.replace("[[total]]", "[total]"),
            "expected a list, like [a, b], found 'total'",
        ),
        ("rubric.yaml", RUBRIC.replace("[[total]]", "[]"), "labels: expected at least one entry (in total)"),
        ("rubric.yaml", RUBRIC.replace("kind: tensor, ", ""), "kind is missing"),
        ("rubric.yaml", RUBRIC.replace("kind: tensor", "kind: matrix"), "kind is 'matrix', expected tensor"),
        (
            "rubric.yaml",
            RUBRIC.replace("points: 10", "points: true"),
            "expected a number, found True",
        ),
        (
            "rubric.yaml",
            RUBRIC.replace("points: 10", "points: yes"),
            "expected a number, found 'yes'",
        ),
        ("rubric.yaml", RUBRIC.replace("points: 10", "points:"), "points: expected a number, found None"),
        ("rubric.yaml", RUBRIC.replace("id: total,", "id: total-1,"), "expected letters, digits and _"),
        ("rubric.yaml", RUBRIC + "due: tomorrow\n", "due: expected a time with its zone"),
        ("rubric.yaml", RUBRIC + "due: 2026-13-45\n", "not YAML: month must be in 1..12"),
        ("rubric.yaml", RUBRIC + "tolerance: {rtol: small}\n", "tolerance.rtol: expected a number"),
        ("rubric.yaml", RUBRIC + "titel: again\n", "titel: unknown field, expected title"),
        ("rubric.yaml", "[" * 3000, "nested too deeply"),
        ("rubric.yaml", "# later\n", "expected a mapping at the top, found nothing"),
        (
            "rubric.yaml",
            RUBRIC + "      - {id: why, kind: text, title: t, points: 1, headings: ['(']}\n",
            "'(' is no regular expression",
        ),
        ("canonical.py", "def quantities(world):\n    return [1]\n", "expected a dict of name to tensor"),
        (
            "canonical.py",
            CANONICAL.replace("* world.seed", "* float('inf')"),
            "in world 'handout' total is not finite",
        ),
        (
            "canonical.py",
            "def quantities(world):\n    return {'total': [1.0] * world.seed}\n",
            "in world 'second' total has shape (2,), in 'handout' (1,)",
        ),
        (
            "canonical.py",
            CANONICAL.replace("world.seed", "np.random.rand()"),
            "total is another in every run",
        ),
        ("canonical.py", "import sys\nsys.exit(0)\n", "canonical.py: SystemExit"),
        ("canonical.py", "def quantities(world):\n    exit(0)\n", "failed in world 'handout': SystemExit"),
        ("canonical.py", "def quantities(world):\n    return {'total': None}\n", "total is a NoneType"),
        ("canonical.py", "def quantities(world):\n    return {'total': '0.5'}\n", "total is a str, expected"),
        ("canonical.py", "def quantities(world):\n    return {'total': 1j}\n", "total: it is complex"),
        (
            "canonical.py",
            "def quantities(world):\n    return {'total': [[1], [1, 2]]}\n",
            "total:",
        ),
        ("mistakes.py", MISTAKES.replace("MISTAKES =", "KNOWN ="), "MISTAKES is missing, expected a tuple"),
        ("mistakes.py", MISTAKES.replace("variant(", "variants("), "expected a function variant(world, ids)"),
        ("mistakes.py", MISTAKES.replace("frozenset()", "'seed'"), "touches of 'half' is a text"),
        ("mistakes.py", MISTAKES.replace("frozenset()", "['seed']"), "touches of 'half' is a list"),
        ("mistakes.py", MISTAKES.replace("'half'", "3"), "id of entry 1 is 3, expected a text"),
        ("mistakes.py", MISTAKES.replace("return {", "return [1] or {"), "gave a list, expected a dict"),
        ("mistakes.py", MISTAKES + "candidates = 3\n", "candidates is no function"),
        ("mistakes.py", MISTAKES + "def candidates(words): return ['x']\n", "entry 1 is a str"),
        ("mistakes.py", MISTAKES.replace("    return", "    raise SystemExit\n    return"), "SystemExit"),
        ("prelude.py", "def f(:\n", "invalid syntax"),
        ("prelude.py", "WORLDS\n", "in world 'handout' it failed: NameError"),
        ("mistakes.py", MISTAKES.replace("'total':", "'sum':"), "variant() of 'half' gives unknown sum"),
    ],
)
def test_a_teachers_mistake_is_one_line(tmp_path: Path, file: str, content: str, says: str) -> None:
    folder = make_assignment(tmp_path / "mine")
    (folder / file).write_text(content)
    with pytest.raises(RubricError) as caught:
        list(check(str(folder)))
    assert str(folder / file) in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("canonical.py", CANONICAL.replace("* world.seed", ""), "does the solution use the world's seed?"),
        ("rubric.yaml", RUBRIC.replace("total: [total]", "total: ['%']"), "is never found"),
        (
            "mistakes.py",
            MISTAKES.replace("[1.0, 2.0, 3.0]", "[1.25 * world.seed, 2.5 * world.seed, 3.75 * world.seed]"),
            "mistake half: changes nothing that is asked",
        ),
    ],
)
def test_what_may_surprise_is_a_note(tmp_path: Path, file: str, content: str, says: str) -> None:
    folder = make_assignment(tmp_path / "mine")
    (folder / file).write_text(content)
    assert [line for line in check(str(folder)) if line.startswith("note: ") and says in line]


def test_a_mistake_in_a_pair_is_found_before_a_student_makes_it(tmp_path: Path) -> None:
    folder = make_assignment(tmp_path / "mine")
    two = MISTAKES.replace("frozenset())]", "frozenset()), Mistake('sign', 'm', 'd', frozenset())]")
    (folder / "mistakes.py").write_text(two.replace("    return", "    assert len(ids) < 2, ids\n    return"))
    with pytest.raises(RubricError, match=r"variant\(world 'handout', \('half', 'sign'\)\) failed"):
        list(check(str(folder)))


def test_a_file_that_is_not_utf_8_names_the_line(tmp_path: Path) -> None:
    folder = make_assignment(tmp_path / "mine")
    (folder / "rubric.yaml").write_bytes((RUBRIC + "# für Müller\n").encode("latin-1"))
    line = RUBRIC.count("\n") + 1
    with pytest.raises(RubricError, match=rf"rubric\.yaml:{line}: not UTF-8 \(byte 0xfc\)"):
        load_rubric(folder)


def test_the_solution_must_be_there(tmp_path: Path) -> None:
    folder = make_assignment(tmp_path / "mine")
    (folder / "canonical.py").unlink()
    with pytest.raises(RubricError, match=r"canonical\.py: no such file"):
        load(str(folder))


def test_no_and_yes_are_words_that_students_use(tmp_path: Path) -> None:
    folder = make_assignment(tmp_path / "mine")
    (folder / "rubric.yaml").write_text(RUBRIC.replace("total: [total]", "total: [total, no, yes, on, y]"))
    assert load_rubric(folder).vocabulary["total"] == ("total", "no", "yes", "on", "y")


def test_without_a_name_the_only_assignment_that_is_shipped_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assignment.shipped, "__path__", [str(tmp_path)])
    with pytest.raises(RubricError, match=r"no assignment is installed: .* --rubric FOLDER"):
        assignment.locate(None)
    alone = make_assignment(tmp_path / "one")
    assert assignment.locate(None) == alone.resolve()
    make_assignment(tmp_path / "two")
    with pytest.raises(RubricError, match=r"--rubric with one of these: one, two, a folder"):
        assignment.locate(None)
