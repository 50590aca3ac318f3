"""A folder that `grader grade` wrote, taken into the course's server: people, uploads, reports, marks."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from class_kit import command_line
from golden import samples
from service_kit import SHA, World
from sqlalchemy import func, select

from grader.assignment.loading import load_rubric, locate
from grader.errors import UsageError
from grader.folder.journal import Journal, JournalEntry
from grader.folder.private import PrivateDirectory
from grader.marks import marks
from grader.marks.marks import Mark
from grader.models import Late, Report, Student
from grader.report import NOTEBOOK, to_json
from grader.report.notebook import to_ipynb
from grader.service import importing, standing
from grader.service.blobs import Blobs
from grader.service.database import at
from grader.service.importing import ImportResult
from grader.service.standing import Reports
from grader.service.tables import CourseAssignment, Extension, File, MarkRow, Member, Person, Run, Upload

GIVEN = datetime(2026, 5, 1, tzinfo=UTC)


def folder(out: Path, *people: Student, late: bool = False) -> Path:
    """As `grader grade` leaves it: question 4 waits for a person."""
    journal = Journal(out / ".grader" / "journal.jsonl")
    for student in people:
        report, submission = samples.all_right()
        id = f"{student.name}_hw".replace(" ", "_")
        reference = report.submission.model_copy(
            update={"id": id, "path": f"{id}.ipynb", "student": student, "received_at": GIVEN}
        )
        changed = {"submission": reference, "rubric": report.rubric.model_copy(update={"sha256": SHA})}
        if late:
            changed["late"] = Late(due=GIVEN, days=1, share=0.1, points=9.0)
        (out / id).mkdir(parents=True)
        text = to_json(report.model_copy(update=changed))
        (out / id / "report.json").write_text(text)
        (out / id / NOTEBOOK).write_text(to_ipynb(submission.cells, ()))
        journal.note(JournalEntry(id=id, origin=f"folder:{id}.ipynb", key="k", state="done", size=len(text)))
    return out


def marked(out: Path, id: str, points: float | None, by: str, day: int, check: str = "same") -> None:
    mark = Mark(
        submission=id,
        origin=f"folder:{id}.ipynb",
        check=check,
        points=points,
        max_score=10.0,
        reason="Read.",
        by=by,
        at=datetime(2026, 6, day, tzinfo=UTC),
        verdict="review",
        score=None,
        sha256="",
    )
    marks.append(out, [mark])


def take(world: World, out: Path, *uploads: Path) -> ImportResult:
    keeper = PrivateDirectory()
    graded = importing.read(out, uploads, keeper)
    with world.database.writing() as session:
        assignment = session.scalars(select(CourseAssignment)).one()
        taken = importing.take_in(session, world.service.blobs, assignment, graded, world.clock())
    keeper.close()
    return taken


def _reports(world: World) -> list[Report]:
    with world.database.reading() as session:
        assignment = session.scalars(select(CourseAssignment)).one()
        found = standing.lines(session, world.service.reports, assignment, samples.RUBRIC)
    return [x.report for x in found if x.report]


def scores(world: World) -> dict[str, tuple[float | None, float]]:
    with world.database.reading() as session:
        assignment = session.scalars(select(CourseAssignment)).one()
        found = standing.lines(session, world.service.reports, assignment, samples.RUBRIC)
    return {x.person.name: (x.report.score, x.report.pending) for x in found if x.report}


def test_a_graded_class_is_taken_in_with_all_its_marks_and_again_only_what_is_new(
    world: World, tmp_path: Path
) -> None:
    out = folder(tmp_path / "out", Student(name="Anna K", id="77"), Student(name="Bea"))
    marked(out, "Anna_K_hw", 3, "Lea", 2)
    marked(out, "Anna_K_hw", 8, "Lea", 3)
    teacher = world.person("teacher", "Tea")
    taken = take(world, out)
    assert (taken.new, taken.known, taken.marks) == (2, 0, 2)
    assert scores(world) == {"Anna K": (98.0, 0.0), "Bea": (90.0, 10.0)}
    assert "77" in teacher.client.get("/teach/tiny").text
    again = take(world, out)
    assert (again.new, again.known, again.marks) == (0, 2, 0)
    marked(out, "Bea_hw", 10, "Tea", 4)
    assert take(world, out).marks == 1
    assert scores(world)["Bea"] == (100.0, 0.0)
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Upload)) == 2
        assert session.scalar(select(func.count()).select_from(Run).where(Run.kind == "grade")) == 2
        whose = {m.by for m in session.scalars(select(MarkRow))}
        names = {p.name for p in session.scalars(select(Person).where(Person.id.in_(whose)))}
        members = session.scalar(select(func.count()).select_from(Member).where(Member.role != "student"))
    assert names == {"Lea", "Tea"} and members == 1, "a name in a file makes nobody an assistant"
    teacher.client.post("/teach/tiny/publish", data=teacher.form("/teach/tiny/publish"))
    csv = teacher.client.get("/teach/tiny/grades.csv").text
    assert "98" in csv and "100" in csv


def test_people_are_found_by_number_then_by_name(world: World, tmp_path: Path) -> None:
    teacher = world.person("teacher", "Tea")
    teacher.post("/course/course/people", people="Anna; 77; A\nBea\nCem\nCem\n", role="student")
    take(
        world,
        folder(tmp_path / "out", Student(name="A. Other", id="77"), Student(name="Bea"), Student(name="Cem")),
    )
    with world.database.reading() as session:
        names = list(session.scalars(select(Person.name).order_by(Person.id)))
    assert names == ["Tea", "Anna", "Bea", "Cem", "Cem", "Cem"], "who of two it is, nobody guesses"
    assert set(scores(world)) == {"Anna", "Bea", "Cem"}


def test_a_groups_upload_counts_for_each_member(world: World, tmp_path: Path) -> None:
    group = Student(name="Team 1", id="g1", group="Team 1", members=("a1", "b2"))
    out = folder(tmp_path / "out", group)
    marked(out, "Team_1_hw", 4, "Lea", 2)
    assert take(world, out).new == 2
    assert scores(world) == {"a1": (94.0, 0.0), "b2": (94.0, 0.0)}
    assert take(world, out).new == 0


def test_what_one_member_was_given_alone_is_theirs_alone(world: World, tmp_path: Path) -> None:
    group = Student(name="Anna, Bea", id="a1", group="Team 1", members=("a1", "b2"))
    out = folder(tmp_path / "out", group)
    id = "Anna,_Bea_hw"
    marked(out, id, 4, "Lea", 2)
    marked(out, id, -3, "Lea", 3, "member:b2")
    marked(out, id, 1, "Lea", 4, "whole")
    take(world, out)
    assert scores(world) == {"Anna": (95.0, 0.0), "Bea": (92.0, 0.0)}
    marked(out, id, None, "Lea", 5, "member:b2")
    assert take(world, out).marks == 1
    assert scores(world) == {"Anna": (95.0, 0.0), "Bea": (95.0, 0.0)}
    assert "-3" not in str([r.flags for r in _reports(world)])


def test_lateness_is_computed_here_and_not_counted_twice(world: World, tmp_path: Path) -> None:
    out = folder(tmp_path / "out", Student(name="Anna"), late=True)
    take(world, out)
    assert scores(world) == {"Anna": (90.0, 10.0)}, "handed in before what is due here"
    with world.database.writing() as session:
        session.scalars(select(CourseAssignment)).one().due = datetime(2026, 4, 1, tzinfo=UTC)
    assert "late" in world.person("teacher", "Tea").client.get("/teach/tiny").text


def test_uploads_at_hand_are_kept_as_they_were(world: World, tmp_path: Path) -> None:
    out = folder(tmp_path / "out", Student(name="Anna"))
    taken = take(world, out)
    assert taken.without == ["Anna_hw"]
    with world.database.reading() as session:
        file = session.scalars(select(File)).one()
        assert session.scalar(select(func.count()).select_from(Extension)) == 0
    assert file.name == "Anna_hw.ipynb"
    assert json.loads(world.service.blobs.get(file.sha256))["nbformat"] == 4


def test_another_editions_folder_and_no_folder_are_refused_and_leave_nothing(
    world: World, tmp_path: Path
) -> None:
    out = folder(tmp_path / "out", Student(name="Anna"), Student(name="Bea"))
    path = out / "Bea_hw" / "report.json"
    path.write_text(path.read_text().replace(SHA, "cd" * 32))
    with pytest.raises(UsageError, match="does not have"):
        take(world, out)
    assert scores(world) == {}
    shutil.rmtree(out)
    with pytest.raises(UsageError, match="holds no reports"):
        take(world, out)


@pytest.mark.kernel
def test_what_the_commands_graded_and_marked_comes_in(tmp_path: Path) -> None:
    """From an export to the course's server by commands alone: a group, somebody alone, a mark, again."""
    export = tmp_path / "assignment_9_export"
    samples_of = sorted((Path(__file__).parent.parent / "submissions").glob("*.ipynb"))
    for number in (1, 2):
        (export / f"submission_{number}").mkdir(parents=True)
        shutil.copy(samples_of[number], export / f"submission_{number}" / "hw4.ipynb")
    (export / "submission_metadata.yml").write_text(
        "submission_1:\n  ':submitters':\n"
        "  - {':name': Anna K, ':sid': '77'}\n  - {':name': Bea L, ':sid': '78'}\n"
        "submission_2:\n  ':submitters':\n  - {':name': Cem, ':sid': '79'}\n"
    )
    out, data = tmp_path / "out", tmp_path / "data"

    def grader(*arguments: object, code: int = 0) -> str:
        done = command_line(tmp_path, *arguments)
        assert done.code == code, done.out + done.err
        return done.out + done.err

    grader("grade", export, "--out", out)
    grader("mark", out, "Anna", "comparison", "7", "--reason", "Read.", "--by", "Lea")
    grader("course", "add", "dl", "--data", data)
    assert "there is no assignment hw4" in grader("assignment", "import", out, "--data", data, code=2)
    grader("assignment", "add", "hw4", "--data", data)
    said = grader("assignment", "import", out, "--data", data, "--uploads", export)
    assert "3 uploads new, 0 known already, 2 marks new" in said and "stands for it" not in said
    assert "0 uploads new, 3 known already, 0 marks new" in grader(
        "assignment", "import", out, "--data", data
    )
    assert " 0 missing, 0 damaged" in grader("course", "check", "--data", data)
    database = at(data, None)
    with database.reading() as session:
        assignment = session.scalars(select(CourseAssignment)).one()
        found = standing.lines(
            session, Reports(Blobs(data / "blobs")), assignment, load_rubric(locate("hw4"))
        )
        files = {f.sha256 for f in session.scalars(select(File))}
    database.close()
    assert {(x.person.name, x.member.number) for x in found} == {
        ("Anna K", "77"),
        ("Bea L", "78"),
        ("Cem", "79"),
    }
    by_name = {x.person.name: x.report for x in found if x.report}
    assert (by_name["Anna K"].pending, by_name["Bea L"].pending) == (0.0, 0.0)
    assert by_name["Cem"].pending > 0
    assert by_name["Anna K"].score == by_name["Bea L"].score
    assert files == {hashlib.sha256(samples_of[n].read_bytes()).hexdigest() for n in (1, 2)}
