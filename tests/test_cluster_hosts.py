"""docs/cluster.md on two machines: two network namespaces, joined by a cable; what deploys them is valid."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from rabbit_kit import running

HOME = Path(__file__).parents[1]
GUIDE = (HOME / "docs" / "cluster.md").read_text("utf-8")
HEAD, WORKER = "10.209.26.1", "10.209.26.2"
GRADER = f"{sys.executable} -m grader"


def steps() -> list[str]:
    """The commands of the guide, a block each; what installs and copies is left out."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    left_out = re.compile(r"^(python3 -m venv|\.venv/bin/pip|scp) .*\n", re.MULTILINE)
    return [left_out.sub("", block).replace(".venv/bin/grader", GRADER) for block in blocks]


def bash(script: str, folder: Path, *around: str) -> subprocess.CompletedProcess[str]:
    command = [*around, "bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture
def hosts() -> Iterator[tuple[list[str], list[str]]]:
    """What to put before a command to run it on the head's machine, and on the worker's."""
    ip = shutil.which("ip") or "/usr/sbin/ip"
    tag = f"{os.getpid() % 100_000}"
    names, ends = (f"gh{tag}", f"gw{tag}"), (f"vh{tag}", f"vw{tag}")
    commands = [
        [ip, "netns", "add", names[0]],
        [ip, "netns", "add", names[1]],
        [ip, "link", "add", ends[0], "netns", names[0], "type", "veth", "peer", ends[1], "netns", names[1]],
    ]
    for name, end, address in zip(names, ends, (HEAD, WORKER), strict=True):
        inside = [ip, "-n", name]
        commands += [
            [*inside, "address", "add", f"{address}/24", "dev", end],
            [*inside, "link", "set", end, "up"],
            [*inside, "link", "set", "lo", "up"],
        ]
    try:
        for command in commands:
            try:
                subprocess.run(command, check=True, capture_output=True, text=True)
            except (OSError, subprocess.CalledProcessError) as error:
                pytest.skip(f"no network namespaces here: {getattr(error, 'stderr', '') or error}")
        yield [ip, "netns", "exec", names[0]], [ip, "netns", "exec", names[1]]
    finally:
        for name in names:
            with contextlib.suppress(OSError):
                subprocess.run([ip, "netns", "del", name], check=False, capture_output=True)


@pytest.mark.kernel
def test_the_guide_grades_a_class_on_two_machines(hosts: tuple[list[str], list[str]], tmp_path: Path) -> None:
    make, _, _, work, grade = steps()[:5]
    teacher, other = tmp_path / "teacher", tmp_path / "other"
    (teacher / "submissions").mkdir(parents=True)
    other.mkdir()
    for name in ("li_wei_homework_4.ipynb", "garcia_lopez_maria.ipynb"):
        shutil.copy(HOME / "submissions" / name, teacher / "submissions")
    make = make.replace("teacher.example", HEAD).replace("DNS:", "IP:")
    bash(make.replace("/etc/rabbitmq", str(teacher / "broker")), teacher)
    for name in ("worker.url", "cert.pem"):
        shutil.copy(teacher / "broker" / name, other)
    on_head, on_worker = hosts
    log = other / "log.txt"
    with running(teacher / "broker", written=True, around=on_head), log.open("wb") as out:
        worker = subprocess.Popen([*on_worker, "bash", "-c", work], cwd=other, stdout=out, stderr=out)
        try:
            done = bash(grade, teacher, *on_head)
        finally:
            worker.terminate()
            subprocess.run(["pkill", "-TERM", "-P", str(worker.pid)], check=False)
            worker.wait(60)
    assert "2 of 2 graded" in done.stdout
    assert re.search(r"^worker .* works$", done.stdout, re.MULTILINE)
    said = log.read_text()
    assert "this machine can grade" in said
    assert f"connected to amqps://{HEAD}:5671/grader" in said


def test_passwords_are_read_out_of_the_urls_as_the_guide_says(tmp_path: Path) -> None:
    block = next(block for block in steps() if "kubectl" in block)
    lines = [line for line in block.splitlines() if line.startswith(("grader broker", "password()"))]
    script = "\n".join([*lines, "password worker"]).replace("grader broker", f"{GRADER} broker", 1)
    found = bash(script, tmp_path).stdout.splitlines()[-1]
    assert f"//worker:{found}@broker:5672/grader" in (tmp_path / "broker" / "worker.url").read_text()


def test_compose_is_valid_and_shuts_workers_in() -> None:
    path = HOME / "cluster" / "compose.yaml"
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    subprocess.run(check, check=True, capture_output=True)
    services = yaml.safe_load(path.read_text())["services"]
    networks = yaml.safe_load(path.read_text())["networks"]
    worker = services["worker"]
    assert [networks[name] for name in worker["networks"]] == [{"internal": True}]
    assert worker["volumes"] == ["worker:/run/grader:ro"]
    assert not set(services["head"]["networks"]) & set(worker["networks"])
    for name in ("setup", "worker", "head"):
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["read_only"]


def test_what_compose_runs_at_the_start_gives_each_its_own_login(tmp_path: Path) -> None:
    services = yaml.safe_load((HOME / "cluster" / "compose.yaml").read_text())["services"]
    (script,) = services["setup"]["command"]
    for name in ("setup", "broker", "head", "worker"):
        (tmp_path / "made" / name).mkdir(parents=True)
    script = script.replace("grader broker", f"{GRADER} broker", 1).replace("/made/", f"{tmp_path}/made/")
    for _ in range(2):
        bash(script, tmp_path)
        made = {
            name: {p.name for p in (tmp_path / "made" / name).iterdir()}
            for name in ("broker", "head", "worker")
        }
        assert made == {
            "broker": {"rabbitmq.conf", "definitions.json"},
            "head": {"head.url"},
            "worker": {"worker.url"},
        }
    kept = (tmp_path / "made" / "worker" / "worker.url").read_text()
    assert kept == (tmp_path / "made" / "setup" / "worker.url").read_text()
    assert (
        "load_definitions = /etc/grader/definitions.json"
        in (tmp_path / "made" / "broker" / "rabbitmq.conf").read_text()
    )


MANIFESTS = [
    pytest.param(manifest, id=f"{path.stem}-{manifest['kind']}-{manifest['metadata']['name']}")
    for path in sorted((HOME / "cluster" / "kubernetes").glob("*.yaml"))
    for manifest in yaml.safe_load_all(path.read_text())
]


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_manifests_are_valid(manifest: dict[str, object]) -> None:
    kubernetes_validate.validate(manifest, "1.37", strict=True)


def test_pods_hold_no_token_and_write_only_to_memory() -> None:
    pods = {
        m.values[0]["metadata"]["name"]: m.values[0]["spec"]["template"]["spec"]  # type: ignore[index]
        for m in MANIFESTS
        if "template" in m.values[0].get("spec", {})  # type: ignore[union-attr]
    }
    assert set(pods) == {"broker", "worker", "head"}
    for name, pod in pods.items():
        assert pod["automountServiceAccountToken"] is False
        (container,) = pod["containers"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert name == "broker" or container["securityContext"]["readOnlyRootFilesystem"]
    grace = pods["worker"]["terminationGracePeriodSeconds"]
    assert grace > 120, "what runs is finished"


def test_a_task_of_slurm_is_a_worker_that_leaves(tmp_path: Path) -> None:
    script = HOME / "cluster" / "slurm" / "workers.sbatch"
    command = tmp_path / "grader"
    command.write_text(
        '#!/bin/sh\necho "$@" "$GRADER_BROKER" "$TMPDIR"\n'
        'trap "echo term; exit 0" TERM\nsleep 30 > /dev/null &\nwait\n'
    )
    command.chmod(0o755)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GRADER": str(command),
        "SLURM_CPUS_PER_TASK": "3",
    }
    with subprocess.Popen(["bash", script], env=environment, stdout=subprocess.PIPE, text=True) as task:
        assert task.stdout is not None
        assert task.stdout.readline() == (
            f"worker --jobs 3 --until-idle 300 {tmp_path}/grader/worker.url /dev/shm\n"
        )
        time.sleep(0.2)
        task.terminate()  # to the shell, as --signal=B: does
        assert task.stdout.read() == "term\n"
    options = re.findall(r"^#SBATCH (--[\w-]+)", script.read_text(), re.MULTILINE)
    assert {"--array", "--cpus-per-task", "--signal", "--time"} <= set(options)
