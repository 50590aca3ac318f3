"""What a RabbitMQ is started with: two logins that may do what they need and nothing else, and the queues.

The worker's login is as good as public: it lies on machines that run hostile code. It may read the queue
`jobs` and write to the exchange `executions`, from which only heads' queues are reached; it can't declare,
bind or delete anything, and not write to the exchange that reaches every queue by its name. (Whoever may
read a queue may empty it: the head notices, and sends again.)
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from grader.cluster.broker import EXECUTIONS, JOBS, WORKERS, jobs_queue
from grader.cluster.messages import MOST_BYTES
from grader.errors import StorageError, UsageError
from grader.folder.files import write_text

HEAD, WORKER = "head", "worker"
VHOST = "grader"
_PORT, _TLS_PORT = 5672, 5671
_DAY_MS = 24 * 3600 * 1000
_OURS = rf"^(amq\.default|{JOBS}|{EXECUTIONS}|({EXECUTIONS}|{WORKERS}|files)\..+)$"
_NOTHING = "^$"


@dataclass(frozen=True, slots=True)
class BrokerSite:
    """Where a broker is to be. host: its name for heads and workers. folder: ours, as the broker sees it.

    certificate, key, authority: for TLS, files as the broker sees them; without them nothing is encrypted.
    """

    host: str
    folder: str
    port: int | None = None
    address: str = ""
    """that it listens on; "" for all of its machine"""
    certificate: str = ""
    key: str = ""
    authority: str = ""

    @property
    def tls(self) -> bool:
        """Whether what travels is encrypted."""
        return bool(self.certificate)


def write(to: Path, place: BrokerSite) -> list[Path]:
    """Write settings, definitions, and the URL for head and workers; passwords that are there stay.

    Raises `StorageError`, and `UsageError` where only a part of what TLS needs is named.
    """
    if len({bool(place.certificate), bool(place.key), bool(place.authority)}) > 1:
        raise UsageError("TLS needs all three: --certificate, --key and --authority")
    passwords = {login: _password(to / f"{login}.url") for login in (HEAD, WORKER)}
    texts = {
        "rabbitmq.conf": settings(place),
        "definitions.json": json.dumps(definitions(passwords), indent=1) + "\n",
        **{f"{login}.url": _url(place, login, password) for login, password in passwords.items()},
    }
    for name, text in texts.items():
        path = to / name
        write_text(path, text)
        try:
            path.chmod(0o644 if name == "rabbitmq.conf" else 0o600)
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}") from error
    return [to / name for name in texts]


def settings(place: BrokerSite) -> str:
    """RabbitMQ's configuration file."""
    listen = f"{place.address}:" if place.address else ""
    kind = "ssl" if place.tls else "tcp"
    lines = [
        f"listeners.{kind}.1 = {listen}{_port(place)}",
        f"load_definitions = {place.folder}/definitions.json",
        "# a notebook may run for hours: a task that is held is not a task that is stuck",
        f"consumer_timeout = {_DAY_MS}",
        f"max_message_size = {2 * MOST_BYTES}",
    ]
    if place.tls:
        lines += [
            "listeners.tcp = none",
            f"ssl_options.cacertfile = {place.authority}",
            f"ssl_options.certfile = {place.certificate}",
            f"ssl_options.keyfile = {place.key}",
            "ssl_options.versions.1 = tlsv1.3",
            "ssl_options.versions.2 = tlsv1.2",
        ]
    return "\n".join(lines) + "\n"


def definitions(passwords: dict[str, str]) -> dict[str, Any]:
    """Logins, permissions, exchanges and the queue of tasks. passwords: of head and worker."""
    may = {HEAD: (_OURS, _OURS, _OURS), WORKER: (_NOTHING, f"^{EXECUTIONS}$", f"^{JOBS}$")}
    exchange = {"vhost": VHOST, "durable": True, "auto_delete": False, "internal": False, "arguments": {}}
    jobs = jobs_queue(declare=True)
    binding = {"source": JOBS, "destination": JOBS, "destination_type": "queue"}
    return {
        "vhosts": [{"name": VHOST}],
        "users": [
            {
                "name": login,
                "password_hash": _hash(password),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": "",
            }
            for login, password in passwords.items()
        ],
        "permissions": [
            {"user": login, "vhost": VHOST, "configure": configure, "write": write, "read": read}
            for login, (configure, write, read) in may.items()
        ],
        "exchanges": [
            {"name": JOBS, "type": "fanout", **exchange},
            {"name": EXECUTIONS, "type": "topic", **exchange},
        ],
        "queues": [
            {"name": JOBS, "vhost": VHOST, "durable": True, "auto_delete": False, "arguments": jobs.arguments}
        ],
        "bindings": [{**binding, "vhost": VHOST, "routing_key": "", "arguments": {}}],
    }


def _port(place: BrokerSite) -> int:
    return place.port or (_TLS_PORT if place.tls else _PORT)


def _url(place: BrokerSite, login: str, password: str) -> str:
    """`broker.address` reads it; the certificate's authority is looked for beside the file."""
    scheme, query = ("amqps", f"?cafile={Path(place.authority).name}") if place.tls else ("amqp", "")
    return f"{scheme}://{login}:{quote(password)}@{place.host}:{_port(place)}/{VHOST}{query}\n"


def _password(path: Path) -> str:
    """The one in a URL that was written earlier, or a new one."""
    try:
        kept = unquote(urlsplit(path.read_text("utf-8").strip()).password or "")
    except (OSError, ValueError):
        kept = ""
    return kept or secrets.token_urlsafe(24)


def _hash(password: str) -> str:
    """As RabbitMQ keeps passwords: salt and SHA-256 of salt and password, in base64."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
