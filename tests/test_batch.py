"""Many submissions → reports: nothing finished is lost, nobody's failure is another's."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from class_kit import RIGHT, RUBRIC, WRONG, FakeRunner, Here, make_assignment, make_class, make_notebook

from grader import report as reports
from grader.assignment import loading as assignments
from grader.batch.keys import Conditions
from grader.batch.results import iterate, members
from grader.batch.run import RunPlan, SubmissionEvent, grade_all
from grader.errors import IsolationError, KernelStartError, StorageError
from grader.execute.job import Limits
from grader.folder.journal import Journal, JournalEntry
from grader.folder.store import Kept
from grader.intake import collect
from grader.jail.processors import processors
from grader.judging import grade as grade_module
from grader.marks.marks import Marks
from rubric.schema import Rubric


class Desk:
    """One class on one output folder; each `grade` is a run of its own, as after a restart."""

    def __init__(self, folder: Path) -> None:
        self.out = folder / "out"
        self.uploads = make_class(folder / "class", anna=RIGHT, ben=WRONG, cem=RIGHT)
        self.assignment = make_assignment(folder / "tiny")
        self.events: list[SubmissionEvent] = []

    def grade(self, runner: FakeRunner, *, jobs: int = 2, force: bool = False, timeout: float = 30) -> None:
        self.events = []
        assignment = assignments.load(str(self.assignment))
        plan = RunPlan(jobs, Conditions(Limits(total_s=timeout), "base"), force, Here(assignment))
        entries = collect([self.uploads]).entries
        asyncio.run(grade_all(entries, assignment, runner, self.out, self.journal, plan, self.events.append))

    @property
    def journal(self) -> Journal:
        return Journal(self.out / ".grader" / "journal.jsonl")

    def scores(self) -> dict[str, float | None]:
        entries = collect([self.uploads]).entries
        found = iterate(self.out, members(self.out, self.journal, entries), Marks(), self.rubric())
        return {r.submission.id: r.score for _, r in found if r is not None}

    def rubric(self) -> Rubric:
        return assignments.load_rubric(self.assignment)

    def happened(self) -> dict[str, str]:
        return {e.id: e.kind for e in self.events if e.kind != "started"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_every_submission_gets_its_report(desk: Desk) -> None:
    desk.grade(FakeRunner())
    assert desk.scores() == {"anna": 10.0, "ben": 0.0, "cem": 10.0}
    report = json.loads((desk.out / "anna" / "report.json").read_text())
    assert [w["name"] for w in report["provenance"]["worlds"]] == ["handout", "second"]


def test_a_second_run_does_nothing(desk: Desk) -> None:
    desk.grade(FakeRunner())
    before = {p: p.stat().st_mtime_ns for p in desk.out.glob("*/report.json")}
    again = FakeRunner()
    desk.grade(again)
    assert again.ran == []
    assert desk.happened() == {"anna": "kept", "ben": "kept", "cem": "kept"}
    assert {p: p.stat().st_mtime_ns for p in desk.out.glob("*/report.json")} == before


def test_only_what_changed_runs_again(desk: Desk) -> None:
    desk.grade(FakeRunner())
    make_notebook(desk.uploads / "ben.ipynb", RIGHT)
    again = FakeRunner()
    desk.grade(again)
    assert again.ran == ["ben", "ben"]
    assert desk.happened() == {"anna": "kept", "ben": "finished", "cem": "kept"}
    assert desk.scores()["ben"] == 10.0


def test_a_changed_file_beside_the_notebook_counts_as_a_change(desk: Desk) -> None:
    make_notebook(desk.uploads / "dora" / "hw.ipynb", [4.5])
    data = desk.uploads / "dora" / "data.csv"
    data.write_text("1")
    desk.grade(FakeRunner())
    data.write_text("2")
    again = FakeRunner()
    desk.grade(again)
    assert again.ran == ["hw", "hw"]
    assert desk.happened() == {"anna": "kept", "ben": "kept", "cem": "kept", "hw": "finished"}


def test_a_change_of_the_rubric_regrades_without_running(desk: Desk) -> None:
    desk.grade(FakeRunner())
    make_assignment(desk.assignment, RUBRIC.replace("points: 10", "points: 20"))
    again = FakeRunner()
    desk.grade(again)
    assert again.ran == []
    assert desk.scores() == {"anna": 20.0, "ben": 0.0, "cem": 20.0}


def test_other_limits_run_again_and_force_does_too(desk: Desk) -> None:
    desk.grade(FakeRunner())
    limits, force = FakeRunner(), FakeRunner()
    desk.grade(limits, timeout=31)
    desk.grade(force, timeout=31, force=True)
    assert len(force.ran) == 6
    assert len(limits.ran) == 6


def test_a_deleted_report_is_written_again_from_the_kept_run(desk: Desk) -> None:
    desk.grade(FakeRunner())
    (desk.out / "anna" / "report.json").unlink()
    again = FakeRunner()
    desk.grade(again)
    assert again.ran == []
    assert desk.happened()["anna"] == "finished"
    assert desk.scores()["anna"] == 10.0


def test_a_broken_sandbox_gives_null_and_is_tried_again(desk: Desk) -> None:
    desk.grade(FakeRunner({"ben": KernelStartError("no kernel for you")}))
    assert desk.happened() == {"anna": "finished", "ben": "failed", "cem": "finished"}
    assert desk.scores() == {"anna": 10.0, "ben": None, "cem": 10.0}
    report = json.loads((desk.out / "ben" / "report.json").read_text())
    assert report["execution"]["status"] == "sandbox_error"
    assert report["execution"]["message"] == "no kernel for you"
    desk.grade(FakeRunner())
    assert desk.happened() == {"anna": "kept", "ben": "finished", "cem": "kept"}
    assert desk.scores()["ben"] == 0.0


def test_a_bug_of_ours_in_running_costs_nobody_else_anything(desk: Desk) -> None:
    desk.grade(FakeRunner({"ben": ZeroDivisionError("oops")}))
    assert desk.happened() == {"anna": "finished", "ben": "failed", "cem": "finished"}
    assert desk.scores() == {"anna": 10.0, "cem": 10.0}
    assert desk.journal.entries["ben"].message == "ZeroDivisionError: oops"
    assert "oops" in (desk.out / ".grader" / "failures" / "ben.txt").read_text()
    desk.grade(FakeRunner())
    assert desk.scores() == {"anna": 10.0, "ben": 0.0, "cem": 10.0}


def test_a_bug_of_ours_in_judging_is_for_a_person_and_final(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decide(cells, printed, *_):  # type: ignore[no-untyped-def]
        if "ben" in cells[0].source:
            raise RecursionError("too deep")
        return real(cells, printed, *_)

    real = grade_module.decide
    monkeypatch.setattr(grade_module, "decide", decide)
    desk.grade(FakeRunner())
    report = json.loads((desk.out / "ben" / "report.json").read_text())
    (check,) = report["questions"][0]["checks"]
    assert (check["verdict"], check["score"], report["pending"]) == ("review", None, 10.0)
    assert "a person decides" in check["message"]
    assert "too deep" in (desk.out / ".grader" / "failures" / "ben.txt").read_text()
    assert desk.happened() == {"anna": "finished", "ben": "finished", "cem": "finished"}
    monkeypatch.undo()
    desk.grade(FakeRunner())
    assert desk.happened()["ben"] == "kept"  # another version of the code has another key


def test_a_bug_of_ours_in_showing_shows_less(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def to_html(report, submission, rubric, outputs):  # type: ignore[no-untyped-def]
        if any("ben" in cell.source for cell in submission.cells):
            raise ValueError("no such page")
        return real(report, submission, rubric, outputs)

    real = reports.to_html
    monkeypatch.setattr(reports, "to_html", to_html)
    desk.grade(FakeRunner())
    assert desk.scores() == {"anna": 10.0, "ben": 0.0, "cem": 10.0}
    assert "could not show this notebook" in (desk.out / "ben" / "report.html").read_text()
    assert "no such page" in (desk.out / ".grader" / "failures" / "ben.txt").read_text()


def test_no_isolation_stops_the_whole_run(desk: Desk) -> None:
    with pytest.raises(IsolationError, match="no cage"):
        desk.grade(FakeRunner({"anna": IsolationError("no cage")}))
    assert "anna" not in desk.scores()


def test_an_upload_that_cannot_be_read_is_reported_without_running(desk: Desk) -> None:
    (desk.uploads / "eva.ipynb").write_bytes(b"{")
    runner = FakeRunner()
    desk.grade(runner)
    assert sorted(runner.ran) == ["anna", "anna", "ben", "ben", "cem", "cem"]
    assert desk.scores()["eva"] is None
    report = json.loads((desk.out / "eva" / "report.json").read_text())
    assert report["execution"]["status"] == "unreadable"
    assert "cut off" in report["execution"]["message"]


def test_as_many_students_are_in_hand_as_keep_the_kernels_busy(desk: Desk) -> None:
    for i in range(9):
        make_notebook(desk.uploads / f"s{i}.ipynb", [float(i)])
    runner = FakeRunner(seconds=0.02)
    desk.grade(runner, jobs=2)
    in_hand = 2 + processors()  # jobs, and those that are being judged; the real runner has the slots
    assert 3 <= runner.most_at_once <= 2 * in_hand


def test_cancelling_keeps_what_is_done(desk: Desk) -> None:
    for i in range(9):
        make_notebook(desk.uploads / f"s{i}.ipynb", [float(i)])

    async def main() -> None:
        plan = RunPlan(1, Conditions(Limits(total_s=30), "base"))
        assignment = assignments.load(str(desk.assignment))
        entries = collect([desk.uploads]).entries
        task: asyncio.Task[None]

        def listen(event: SubmissionEvent) -> None:
            if event.kind == "finished":
                task.cancel()

        runner = FakeRunner(seconds=0.05)
        task = asyncio.create_task(
            grade_all(entries, assignment, runner, desk.out, desk.journal, plan, listen)
        )
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    done = desk.scores()
    assert 1 <= len(done) < 12
    desk.grade(FakeRunner())
    assert set(done) <= {name for name, kind in desk.happened().items() if kind == "kept"}
    assert len(desk.scores()) == 12


def test_nowhere_to_write_stops_the_run_with_one_line(desk: Desk) -> None:
    desk.out.mkdir()
    (desk.out / "ben").write_text("a file where the report's folder should be")
    with pytest.raises(StorageError, match=r"could not be written"):
        desk.grade(FakeRunner())


def test_an_upload_under_a_new_id_does_not_leave_its_old_report_in_the_class(desk: Desk) -> None:
    make_notebook(desk.uploads / "x" / "hw.ipynb", RIGHT)
    desk.grade(FakeRunner())
    assert desk.scores().keys() == {"anna", "ben", "cem", "hw"}
    make_notebook(desk.uploads / "y" / "hw.ipynb", WRONG)
    desk.grade(FakeRunner())
    assert desk.scores() == {"anna": 10.0, "ben": 0.0, "cem": 10.0, "x-hw": 10.0, "y-hw": 0.0}


def test_what_was_graded_from_another_folder_stays_in_the_class(desk: Desk, tmp_path: Path) -> None:
    desk.grade(FakeRunner())
    desk.uploads = make_class(tmp_path / "late", zoe=RIGHT)
    desk.grade(FakeRunner())
    assert desk.scores() == {"anna": 10.0, "ben": 0.0, "cem": 10.0, "zoe": 10.0}


def test_a_damaged_report_is_named_and_graded_again(desk: Desk) -> None:
    desk.grade(FakeRunner())
    path = desk.out / "ben" / "report.json"
    path.write_text("{" * path.stat().st_size)
    assert [
        e.id for e, r in iterate(desk.out, members(desk.out, desk.journal), Marks(), desk.rubric()) if not r
    ] == ["ben"]
    path.write_text("cut")
    desk.grade(FakeRunner())
    assert desk.happened() == {"anna": "kept", "ben": "finished", "cem": "kept"}
    assert desk.scores()["ben"] == 0.0


# ------------------------------------------------------------------ killed

KILLED = """
import asyncio, sys
from pathlib import Path
from class_kit import FakeRunner, freeze_source, here
from grader.assignment import loading as assignments
from grader.batch import run
from grader.batch.run import RunPlan, grade_all
from grader.execute.job import Limits
from grader.intake import collect
from grader.folder.journal import Journal
from grader.batch.keys import Conditions

freeze_source()
run.open_judges = here  # real ones are killed in test_batch_killed
folder = Path(sys.argv[1])
out = folder / "out"

class Telling(FakeRunner):
    async def run(self, job):
        print("ran", job.cells[0].source.partition("  # ")[2], flush=True)
        return await super().run(job)

asyncio.run(grade_all(
    collect([folder / "class"]).entries,
    assignments.load(str(folder / "tiny")),
    Telling(seconds=0.02),
    out,
    Journal(out / ".grader" / "journal.jsonl"),
    RunPlan(2, Conditions(Limits(total_s=30), "base")),
    lambda event: print(event.kind, event.id, flush=True),
))
"""


def test_a_run_killed_at_any_moment_goes_on(desk: Desk, tmp_path: Path) -> None:
    for i in range(30):
        make_notebook(desk.uploads / f"s{i:02}.ipynb", [float(i)])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", KILLED, str(tmp_path)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    finished: set[str] = set()
    for kills_after in (3, 17, 8):
        with start() as process:
            assert process.stdout is not None
            for _ in range(kills_after):
                kind, _, name = process.stdout.readline().strip().partition(" ")
                assert kind != "ran" or name not in finished, "run twice"
                finished |= {name} if kind == "finished" else set()
            time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            for line in process.stdout:
                kind, _, name = line.strip().partition(" ")
                finished |= {name} if kind == "finished" else set()
    assert finished
    with start() as process:
        assert process.stdout is not None
        ran = {line.split()[1] for line in process.stdout if line.startswith("ran")}
    assert process.returncode == 0
    assert ran
    assert not ran & finished
    assert len(desk.scores()) == 33
    assert desk.scores()["anna"] == 10.0


# ------------------------------------------------------------------ journal and store


def entry(name: str, key: str = "k") -> JournalEntry:
    return JournalEntry(id=name, origin=f"/{name}", key=key, state="done", size=3)


def test_the_journal_survives_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "journal.jsonl"
    journal = Journal(path)
    journal.note(entry("anna"))
    with path.open("ab") as file:
        file.write(b'{"id": "ben", "orig')
    Journal(path).note(entry("cem"))
    assert Journal(path).entries == {"anna": entry("anna"), "cem": entry("cem")}


def test_the_last_line_counts_and_the_journal_stays_small(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for i in range(150):
        journal.note(entry("anna", str(i)))
    assert Journal(tmp_path / "journal.jsonl").entries == {"anna": entry("anna", "149")}
    assert len((tmp_path / "journal.jsonl").read_bytes().splitlines()) == 1


def test_a_damaged_execution_counts_as_absent(tmp_path: Path) -> None:
    from grader.models import Execution

    store = Kept(tmp_path, Execution)
    kept = Execution(status="ok", wall_s=1.5)
    store.put("abcdef", kept)
    assert store.get("abcdef") == kept
    (path,) = tmp_path.rglob("*.gz")
    path.write_bytes(path.read_bytes()[:-9])
    assert store.get("abcdef") is None
    assert store.get("fedcba") is None
