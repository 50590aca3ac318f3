"""The service's compose file: valid, everybody shut in, and its first start gives each its own secrets."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader.errors import UsageError
from grader.service import server

FOLDER = Path(__file__).parent.parent / "service"
COMPOSE = FOLDER / "compose.yaml"
GRADER = f"{sys.executable} -m grader"


def services() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(COMPOSE.read_text())["services"])


def test_it_is_valid_and_everybody_is_shut_in() -> None:
    check = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        str(COMPOSE),
    ]
    subprocess.run(check, check=True, capture_output=True)
    networks = yaml.safe_load(COMPOSE.read_text())["networks"]
    for name, service in services().items():
        assert "no-new-privileges:true" in service["security_opt"], name
        if name == "broker":  # its own start-up changes to a user of its own
            continue
        assert service["read_only"] and service["cap_drop"] == ["ALL"], name
    assert {n: s.get("cap_add") for n, s in services().items() if s.get("cap_add")} == {
        "setup": ["CHOWN"],
        "proxy": ["NET_BIND_SERVICE"],
    }
    worker = services()["worker"]
    assert [networks[n] for n in worker["networks"]] == [{"internal": True}]
    assert worker["volumes"] == ["worker:/run/grader:ro"]
    assert [n for n, s in services().items() if s.get("ports")] == ["proxy"]
    assert services()["proxy"]["networks"] == ["front"]
    assert networks["office"] == {"internal": True} and "office" not in worker["networks"]
    assert "readyz" in str(services()["web"]["healthcheck"])


def test_no_secret_stands_in_it() -> None:
    for name, service in services().items():
        for key, value in (service.get("environment") or {}).items():
            assert key.endswith("_FILE") or not {"PASSWORD", "DATABASE", "SECRET"} & set(key.split("_")), name
            assert "://" not in str(value)


def test_what_runs_at_the_start_gives_each_its_own(tmp_path: Path) -> None:
    (script,) = services()["setup"]["command"]
    for name in ("setup", "broker", "worker", "database", "web", "data"):
        (tmp_path / "made" / name).mkdir(parents=True)
    script = (
        script.replace("$$", "$")
        .replace("/made/", f"{tmp_path}/made/")
        .replace("grader broker", f"{GRADER} broker")
    )
    script = script.replace("python -c", f"{sys.executable} -c").replace("chown 10001:10001", "ls -d")
    environment = os.environ | {"GRADER_HOST": "grader.example.org"}
    kept = []
    for _ in range(2):  # the second start changes nothing
        subprocess.run(["sh", "-euc", script], check=True, cwd=tmp_path, env=environment, capture_output=True)
        made = {
            p.relative_to(tmp_path / "made"): p.read_text()
            for p in (tmp_path / "made").rglob("*")
            if p.is_file()
        }
        kept.append({str(n): t for n, t in made.items() if not str(n).startswith("setup")})
    salted = "broker/definitions.json"  # the same passwords, hashed anew
    assert {n: t for n, t in kept[0].items() if n != salted} == {
        n: t for n, t in kept[1].items() if n != salted
    }
    assert set(kept[0]) == {
        "broker/rabbitmq.conf",
        "broker/definitions.json",
        "worker/worker.url",
        "database/password",
        "web/head.url",
        "web/database.url",
        "data/settings.toml",
    }
    assert (
        kept[0]["web/database.url"] == f"postgresql://grader:{kept[0]['database/password']}@database/grader\n"
    )
    assert kept[0]["data/settings.toml"] == 'address = "https://grader.example.org"\n'


def test_the_proxys_file_is_valid(tmp_path: Path) -> None:
    caddy = shutil.which("caddy")
    if caddy is None:
        pytest.skip("no caddy is installed here")
    environment = os.environ | {"GRADER_HOST": "localhost", "GRADER_TLS": "internal", "HOME": str(tmp_path)}
    command = [caddy, "validate", "--adapter", "caddyfile", "--config", str(FOLDER / "Caddyfile")]
    subprocess.run(command, check=True, env=environment, capture_output=True)


def test_the_databases_address_may_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "database.url").write_text(f"sqlite:///{tmp_path}/other.sqlite\n")
    monkeypatch.setenv("GRADER_DATABASE_FILE", str(tmp_path / "database.url"))
    server.open_place(tmp_path / "data", None).database.close()
    assert (tmp_path / "other.sqlite").exists() and not (tmp_path / "data" / "service.sqlite").exists()
    monkeypatch.setenv("GRADER_DATABASE_FILE", str(tmp_path / "gone"))
    with pytest.raises(UsageError, match="can't be read"):
        server.open_place(tmp_path / "data", None)
