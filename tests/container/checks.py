"""What must hold of the image. Each method prints its checks, with the figures it saw."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine import Engine, run

MOST_BYTES = 1_600_000_000
USER = 12345
COMPILERS = "gcc g++ cc c++ clang ld as make cmake protoc nvcc cargo go rustc"
# what may differ between two machines that grade alike; times and where it ran
_ELSEWHERE = {"isolation", "usage", "wall_s", "python", "lock", "image"}
_NAMESPACE_CALLS = {
    *("unshare", "setns", "mount", "umount", "umount2", "pivot_root", "clone3", "fsopen", "fsmount"),
    *("fsconfig", "fspick", "move_mount", "open_tree", "mount_setattr"),
}


class Checks:
    """The checks of one image."""

    def __init__(
        self, engine: Engine, root: Path, folder: Path, options: list[str], check: Callable[..., None]
    ) -> None:
        self.engine, self.root, self.folder, self.options, self.check = engine, root, folder, options, check
        self._cages = 0

    # ---------------------------------------------------------------- the image

    def build(self) -> bool:
        form = ["--format", "docker"] if self.engine.name == "podman" else []
        head = ["git", "-C", str(self.root), "rev-parse", "HEAD"]
        revision = run(head).stdout.strip() if shutil.which("git") else ""
        labels = ["--build-arg", f"REVISION={revision}"] if revision else []
        start = time.monotonic()
        done = self.engine.call(
            "build", *form, *labels, *self.options, "--tag", self.engine.image, ".", cwd=self.root
        )
        said = f"{time.monotonic() - start:.0f} s" if done.returncode == 0 else done.stderr[-1500:]
        self.check("the image builds", done.returncode == 0, said)
        return done.returncode == 0

    def image(self) -> None:
        about = json.loads(self.engine.call("image", "inspect", self.engine.image).stdout)[0]
        config = about["Config"]
        self.check("size", about["Size"] <= MOST_BYTES, f"{about['Size'] / 1e6:.0f} MB")
        self.check("runs as a user", config["User"].split(":")[0] not in ("", "0", "root"), config["User"])
        self.check("entry point", config["Entrypoint"] == ["grader"], str(config["Entrypoint"]))
        health = about.get("Healthcheck") or config.get("Healthcheck")
        self.check("health check", "doctor" in str(health), str(health))
        labels = [name for name in config["Labels"] or {} if name.startswith("org.opencontainers.image.")]
        self.check("labels", len(labels) >= 5, ", ".join(sorted(n.rpartition(".")[2] for n in labels)))
        script = (
            f"for name in {COMPILERS}; do command -v $name; done; "
            r"find / -xdev -type d \( -path '*/.cache/pip' -o -path /root/.cache \) 2>/dev/null; "
            "ls -A /var/lib/apt/lists /var/cache/apt/archives 2>/dev/null | grep -v ':$'"
        )
        found = self.engine.grader("-c", script, more=("--entrypoint", "sh")).stdout.split()
        self.check("no compiler, no cache", not found, " ".join(found))

    def service(self) -> None:
        """The course's server answers, with a worker of its own; a machine for notebooks alone starts."""
        asks = (
            "import time, urllib.request as r\n"
            "for _ in range(120):\n"
            "    try: print(r.urlopen('http://127.0.0.1:8000/readyz').status); break\n"
            "    except OSError: time.sleep(0.5)"
        )
        script = f'grader serve --data /data & python -c "{asks}"; kill $!; wait'
        done = self.engine.grader(
            "-c", script, volumes={self._folder(): "/data"}, more=("--entrypoint", "sh")
        )
        said = done.stdout.strip()
        self.check("the course's server is ready", "200" in said.split(), said[-60:] or done.stderr[-300:])
        worker = f"{self.engine.image}-worker"
        built = self.engine.call(
            "build", *self.options, "--target", "worker", "--tag", worker, ".", cwd=self.root
        )
        self.check("the image of a worker", built.returncode == 0, built.stderr[-300:] * built.returncode)
        script = "grader worker --help && ! python -c 'import rubric.hw4'"
        done = self.engine.grader("-c", script, more=("--entrypoint", "sh"), image=worker)
        held = done.returncode == 0 and "--broker" in done.stdout
        self.check("a worker starts, and holds no assignment", held, done.stderr.strip()[-100:])

    def doctor(self) -> None:
        for name, more in (("doctor", ()), ("doctor, namespaces forbidden", self._like_docker())):
            done = self.engine.grader("doctor", more=more)
            tier = next((x for x in done.stdout.splitlines() if " tier:" in x), done.stderr[-300:])
            self.check(name, done.returncode == 0 and tier.startswith("PASS"), tier)

    def _like_docker(self) -> tuple[str, ...]:
        """A seccomp profile that forbids namespaces, as Docker's own does without CAP_SYS_ADMIN."""
        if self.engine.name == "docker":
            return ()
        profile = json.loads(Path("/usr/share/containers/seccomp.json").read_text())
        for rule in profile["syscalls"]:
            if rule["action"] == "SCMP_ACT_ALLOW":
                rule["names"] = [n for n in rule["names"] if n not in _NAMESPACE_CALLS]
        profile["syscalls"] = [rule for rule in profile["syscalls"] if rule["names"]]
        refused = {"names": sorted(_NAMESPACE_CALLS - {"clone3"}), "action": "SCMP_ACT_ERRNO", "errnoRet": 1}
        profile["syscalls"].append({**refused, "args": [], "includes": {}, "excludes": {}})
        path = self.folder / "like-docker.json"
        path.write_text(json.dumps(profile))
        return ("--security-opt", f"seccomp={path}")

    # ---------------------------------------------------------------- grading

    def same_grades(self, outside: list[str]) -> None:
        there = self.folder / "out-outside"
        sample = self.root / "submissions"
        reference = run([*outside, "grade", str(sample), "--out", str(there)], cwd=self.root)
        digest = self._digest()
        for name, more in (("", ()), (", namespaces forbidden", self._like_docker())):
            out = self._folder()
            start = time.monotonic()
            done = self.engine.grader(
                *("grade", "/submissions", "--out", "/out"),
                volumes={sample: "/submissions:ro", out: "/out"},
                more=(*more, "--env", f"GRADER_IMAGE={digest}"),
            )
            took = time.monotonic() - start
            reports = sorted(out.glob("*/report.json"))
            last = (done.stdout.splitlines() or [done.stderr[-500:]])[-1]
            said = f"{last} ({took:.0f} s, code {done.returncode}; outside {reference.returncode})"
            self.check(
                f"the sample class{name}", done.returncode == reference.returncode and bool(reports), said
            )
            differing = [
                p.parent.name for p in reports if _grade(p) != _grade(there / p.parent.name / p.name)
            ]
            missing = len(list(there.glob("*/report.json"))) - len(reports)
            said = f"{len(reports)} reports" if not differing else f"not the same: {', '.join(differing)}"
            self.check(f"the same reports as outside{name}", not differing and not missing, said)
            owners = {p.lstat().st_uid for p in out.rglob("*")}
            self.check(f"files belong to the caller{name}", owners == {USER}, str(sorted(owners)))
            about = json.loads(reports[0].read_text()) if reports else {}
            made_by = about.get("provenance", {})
            told = ", ".join(f"{key} …{str(made_by.get(key))[-12:]}" for key in ("image", "lock", "torch"))
            known = made_by.get("image") == digest and made_by.get("lock") and made_by.get("torch")
            self.check(f"the report names image, lock and torch{name}", bool(known), told)
            tier = about.get("execution", {}).get("isolation", {}).get("tier")
            self.check(f"isolation{name}", tier in (("base",) if more else ("base", "namespaces")), str(tier))

    def memory(self) -> None:
        """Beside a notebook that takes all memory, another is graded as ever."""
        uploads, out = self.folder / "hog", self._folder()
        uploads.mkdir()
        shutil.copy(self.root / "submissions/li_wei_homework_4.ipynb", uploads / "honest.ipynb")
        cell = {"cell_type": "code", "source": "x = []\nwhile True: x.append(bytearray(1 << 24))"}
        notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
        (uploads / "hog.ipynb").write_text(json.dumps(notebook))
        done = self.engine.grader(
            *("grade", "/submissions", "--out", "/out"),
            volumes={uploads: "/submissions:ro", out: "/out"},
            more=("--memory", "3g", "--memory-swap", "3g"),
        )
        ended = {p.parent.name: json.loads(p.read_text()) for p in out.glob("*/report.json")}
        states = {
            name: (r["execution"]["status"], [e["name"] for e in r["execution"]["errors"]], r["score"])
            for name, r in ended.items()
        }
        alone = json.loads((self.folder / "out-outside/li_wei_homework_4/report.json").read_text())
        hog = states.get("hog", ("", [], None))
        held = hog[0] == "memory_limit" or hog[:2] == ("error", ["MemoryError"])
        held = held and states.get("honest") == (alone["execution"]["status"], [], alone["score"])
        self.check(
            "3 GB for the container, one notebook takes all", held and done.returncode == 0, str(states)
        )

    def exit_codes(self) -> None:
        one = self.root / "submissions/li_wei_homework_4.ipynb"
        torn = self.folder / "torn.ipynb"
        torn.write_text('{"cells": [')
        grade = ("grade", "/a.ipynb", "--out", "/out")
        cases: list[tuple[str, int, tuple[str, ...], dict[Path, str]]] = [
            ("graded", 0, grade, {one: "/a.ipynb:ro"}),
            ("unreadable upload", 1, grade, {torn: "/a.ipynb:ro"}),
            ("nothing there", 2, grade, {}),
            ("check, with something missing", 1, ("check", "/a.ipynb"), {one: "/a.ipynb:ro"}),
            (
                "ci, reached",
                0,
                ("ci", "/a.ipynb", "--out", "/out", "--fail-under", "80"),
                {one: "/a.ipynb:ro"},
            ),
            (
                "ci, not reached",
                1,
                ("ci", "/a.ipynb", "--out", "/out", "--fail-under", "81"),
                {one: "/a.ipynb:ro"},
            ),
        ]
        for name, code, arguments, volumes in cases:
            done = self.engine.grader(*arguments, volumes={**volumes, self._folder(): "/out"})
            said = (done.stderr or done.stdout).strip().splitlines()[-1:]
            self.check(f"exit code {code}: {name}", done.returncode == code, f"{done.returncode} {said}")
        done = self.engine.grader("grade", "/a.ipynb", "--out", "/out", volumes={one: "/a.ipynb:ro"})
        self.check("exit code 3: nowhere to write", done.returncode == 3, done.stderr.strip()[-200:])

    def relative_paths(self) -> None:
        """They mean a folder mounted at /work; without one nothing is written, to go with the container."""
        course = self._folder()
        shutil.copy(self.root / "submissions/li_wei_homework_4.ipynb", course / "a.ipynb")
        done = self.engine.grader("grade", "a.ipynb", "--out", "out", volumes={course: "/work"})
        self.check(
            "relative paths", done.returncode == 0 and (course / "out/a/report.json").is_file(), done.stderr
        )
        command = ("run", "--rm", "--no-healthcheck", "--volume", f"{course / 'a.ipynb'}:/a.ipynb:ro")
        done = self.engine.call(*command, self.engine.image, "ci", "/a.ipynb")
        said = done.stderr.strip()[-200:]
        self.check("nothing is written that goes with the container", done.returncode == 3, said)

    # ---------------------------------------------------------------- the CI jobs, as written

    def github(self) -> None:
        workflow = self._yaml(self.root / ".github/workflows/grade.yml")
        steps = workflow["jobs"]["grade"]["steps"]
        given = self._yaml(self.root / "ci/github/push.yml")["jobs"]["grade"]["with"]
        inputs = {**given, "image": self.engine.image, "path": "hw4"}
        push = self._folder()
        (push / "hw4").mkdir()
        shutil.copy(self.root / "submissions/Fatima Zahra El Amrani.ipynb", push / "hw4/homework.ipynb")
        temp, summary, outputs = self._folder(), self.folder / "summary.md", self.folder / "outputs"
        for path in (summary, outputs):
            path.write_text("")
        self._as_runner(push, push / "hw4", push / "hw4/homework.ipynb", temp, summary, outputs)
        platform = {
            "GITHUB_WORKSPACE": str(push),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_OUTPUT": str(outputs),
            "RUNNER_TEMP": str(temp),
        }
        (temp / "grader-out").mkdir()
        self._as_runner(temp / "grader-out")
        for step in steps:
            if "run" not in step or "if" in step:
                continue
            given = {k: _fill(v, inputs) for k, v in step.get("env", {}).items()}
            done = run(
                ["bash", "-eo", "pipefail", "-c", step["run"]], env={**platform, **given, **self._path()}
            )
            said = done.stderr[-300:] if done.returncode else ""
            self.check(f"GitHub step {step['name']!r}", done.returncode == 0, said)
        lines = done.stdout.splitlines()
        notes = [x for x in lines if x.startswith(("::error ", "::warning ", "::notice "))]
        named = all("file=hw4/homework.ipynb,line=1" in x for x in notes)
        self.check("GitHub annotations", bool(notes) and named, (notes or [done.stdout[-300:]])[0][:150])
        self.check(
            "GitHub silences what students print",
            lines[:1] != [] and lines[0].startswith("::stop-commands::"),
        )
        page = summary.read_text()
        held = page.startswith("# ") and "Your gradients are exactly twice" in page and "-3.55" not in page
        self.check("GitHub summary, with hints alone", held, f"{summary.stat().st_size} bytes")
        self.check("GitHub outputs", "score=42" in outputs.read_text().split(), outputs.read_text())

    def github_class(self) -> None:
        """The nightly use: what ci/github/class.yml asks for."""
        given = self._yaml(self.root / "ci/github/class.yml")["jobs"]["grade"]["with"]
        workflow = self._yaml(self.root / ".github/workflows/grade.yml")
        (step,) = (s for s in workflow["jobs"]["grade"]["steps"] if s.get("id") == "grade")
        inputs = {**given, "image": self.engine.image, "fail-under": "", "disclosure": ""}
        checkout, temp = self._folder(), self._folder()
        shutil.copytree(self.root / "submissions", checkout / given["path"])
        summary, outputs = self.folder / "class-summary.md", self.folder / "class-outputs"
        for path in (summary, outputs):
            path.write_text("")
        (temp / "grader-out").mkdir()
        self._as_runner(temp / "grader-out", summary, outputs)
        platform = {"GITHUB_WORKSPACE": checkout, "GITHUB_STEP_SUMMARY": summary, "GITHUB_OUTPUT": outputs}
        environment = {
            **{name: str(path) for name, path in platform.items()},
            **{name: _fill(text, inputs) for name, text in step["env"].items()},
            **{"RUNNER_TEMP": str(temp), **self._path()},
        }
        done = run(["bash", "-eo", "pipefail", "-c", step["run"]], env=environment)
        self.check("GitHub, a class", done.returncode == 0, done.stderr[-300:] if done.returncode else "")
        count = len(list(checkout.rglob("*.ipynb")))
        rows = [x for x in summary.read_text().splitlines() if x.startswith("| ") and "✓" in x]
        kept = len(list((temp / "grader-out").glob("*/report.json")))
        self.check(
            "GitHub, a class: summary and reports",
            kept == count and len(rows) >= count - 1 and not outputs.read_text(),
            f"{kept} reports, {len(rows)} rows",
        )

    def gitlab(self) -> None:
        template = self._yaml(self.root / "ci/gitlab/grade.gitlab-ci.yml")
        project = self._folder()
        shutil.copy(self.root / "submissions/li_wei_homework_4.ipynb", project / "homework.ipynb")
        variables = {
            **_values(template["variables"]),
            **{"GITLAB_CI": "true", "CI_PROJECT_DIR": "/builds/homework", "GRADER_FAIL_UNDER": "90"},
            "CI_JOB_URL": "https://gitlab.example/c/homework/-/jobs/7",
        }
        script = "\n".join(template[".grader"]["script"])
        given = tuple(x for name, value in variables.items() for x in ("--env", f"{name}={value}"))
        done = self.engine.grader(
            *("-ec", script),
            volumes={project: "/builds/homework"},
            more=(*given, "--entrypoint", "sh", "--workdir", "/builds/homework"),
        )
        self.check(
            "GitLab script, 90 % not reached",
            done.returncode == 1,
            (done.stdout or done.stderr).strip()[-80:],
        )
        reports = template[".grader"]["artifacts"]["reports"]
        absent = [path for path in reports.values() if not (project / path).is_file()]
        self.check("GitLab reports where the template says", not absent, str(absent or sorted(reports)))
        found = json.loads((project / reports["codequality"]).read_text()) if not absent else []
        paths = {issue["location"]["path"] for issue in found}
        self.check("GitLab code quality", paths == {"homework.ipynb"}, f"{len(found)} issues")
        absent = [p for p in template["grade-push"]["artifacts"]["paths"] if not list(project.glob(p))]
        self.check("GitLab keeps what the template says", not absent, str(absent))

    def gitlab_class(self) -> None:
        """The same script by schedule, over the folder of a class."""
        template = self._yaml(self.root / "ci/gitlab/grade.gitlab-ci.yml")
        project = self._folder()
        shutil.copytree(self.root / "submissions", project / "submissions")
        variables = {
            **_values(template["variables"]),
            **{"GITLAB_CI": "true", "CI_PROJECT_DIR": "/builds/class", "GRADER_PATH": "submissions"},
            **template["grade-class"]["variables"],
            "GRADER_CLASS": "true",
            "CI_JOB_URL": "https://gitlab.example/c/class/-/jobs/8",
        }
        given = tuple(x for name, value in variables.items() for x in ("--env", f"{name}={value}"))
        done = self.engine.grader(
            *("-ec", "\n".join(template[".grader"]["script"])),
            volumes={project: "/builds/class"},
            more=(*given, "--entrypoint", "sh", "--workdir", "/builds/class"),
        )
        said = done.stderr[-300:] if done.returncode else ""
        self.check("GitLab, a class", done.returncode == 0, said)
        kept = len(list(project.glob("grader-out/*/report.json")))
        reports = template[".grader"]["artifacts"]["reports"].values()
        whole = all((project / path).is_file() for path in reports)
        count = len(list((project / "submissions").rglob("*.ipynb")))
        self.check("GitLab, a class: reports", whole and kept == count, f"{kept} reports")

    # ---------------------------------------------------------------- attacks

    def attacks(self) -> None:
        """The attack corpus by its own tests, inside, in both tiers that an engine gives."""
        image = f"{self.engine.image}-tests"
        recipe = self.folder / "Containerfile"
        recipe.write_text(
            f"FROM {self.engine.image}\nUSER 0\n"
            'RUN "$(readlink -f /opt/grader/bin/python)" -m pip --python /opt/grader/bin/python install '
            "--no-cache-dir --constraint /opt/grader/constraints.txt pytest psutil\nUSER 10001:10001\n"
        )
        built = self.engine.call(
            "build", *self.options, "--file", str(recipe), "--tag", image, str(recipe.parent)
        )
        self.check(
            "an image with pytest", built.returncode == 0, built.stderr[-300:] if built.returncode else ""
        )
        start = time.monotonic()
        # A shell as process 1 buries orphans. Unprotected, the network probe finds no network here.
        pytest = "python -m pytest -q -p no:cacheprovider tests/test_attacks.py -k 'not nothing_stops_them'"
        done = self.engine.grader(
            *("-c", f"{pytest}; exit $?"),
            volumes={
                self.root / "tests": "/checkout/tests:ro",
                self.root / "pyproject.toml": "/checkout/pyproject.toml:ro",
            },
            more=("--entrypoint", "sh", "--workdir", "/checkout", "--env", "COLUMNS=300"),
            image=image,
        )
        said = "\n".join(x for x in done.stdout.splitlines() if x.startswith(("FAILED", "ERROR")))
        last = (done.stdout.strip() or done.stderr.strip() or "no output").splitlines()[-1]
        took = f"{time.monotonic() - start:.0f} s"
        self.check(
            "the attack corpus gets nowhere", done.returncode == 0, f"{last} ({took})\n{said}".rstrip()
        )

    # ---------------------------------------------------------------- helpers

    def _folder(self) -> Path:
        """A new empty folder that belongs to the caller of the container."""
        self._cages += 1
        path = self.folder / f"folder-{self._cages}"
        path.mkdir()
        os.chown(path, USER, USER)
        return path

    def _digest(self) -> str:
        about = json.loads(self.engine.call("image", "inspect", self.engine.image).stdout)[0]
        return str((about.get("RepoDigests") or [about["Id"]])[0])

    def _as_runner(self, *paths: Path) -> None:
        for path in paths:
            os.chown(path, USER, USER)

    def _path(self) -> dict[str, str]:
        """A PATH on which `docker` is this engine, and `id` a runner's ordinary user."""
        tools = self.folder / "bin"
        tools.mkdir(exist_ok=True)
        pulled = f'[ "$1" = pull ] && exec {self.engine.name} image inspect --format {{{{.Id}}}} "$3"'
        for name, text in (("docker", f'{pulled}\nexec {self.engine.name} "$@"'), ("id", f"echo {USER}")):
            (tools / name).write_text(f"#!/bin/sh\n{text}\n")
            (tools / name).chmod(0o755)
        return {"PATH": f"{tools}:{os.environ['PATH']}"}

    def _yaml(self, path: Path) -> dict[str, Any]:
        """YAML read by the image's own parser: this script needs nothing but Python."""
        program = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open('/file.yml'))))"
        done = self.engine.grader(
            "-c", program, volumes={path: "/file.yml:ro"}, more=("--entrypoint", "python")
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def _values(variables: dict[str, Any]) -> dict[str, str]:
    """A template's variables, some of them with a description."""
    return {name: str(v["value"] if isinstance(v, dict) else v) for name, v in variables.items()}


def _grade(path: Path) -> Any:
    """A report without times and without where it was made; None where there is none."""
    return _plain(json.loads(path.read_text())) if path.is_file() else None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if k not in _ELSEWHERE}
    return [_plain(v) for v in value] if isinstance(value, list) else value


def _fill(text: str, inputs: dict[str, Any]) -> str:
    for name, value in inputs.items():
        text = text.replace(f"${{{{ inputs.{name} }}}}", str(value))
    return text
