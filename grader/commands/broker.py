"""`grader broker`: what a RabbitMQ needs for a head and workers, as files."""

from __future__ import annotations

from pathlib import Path

from grader.commands.progress import say
from grader.errors import StorageError


def run(
    out: Path, host: str, place: str | None, port: int | None, listen: str, tls: tuple[str, str, str]
) -> int:
    """Write them and say what they are; 0. place: the folder as the broker sees it, if elsewhere.

    tls: certificate, key and authority, empty without. Raises `GraderError`.
    """
    from grader.cluster import logins

    certificate, key, authority = tls
    seen = logins.BrokerSite(host, place or str(out.resolve()), port, listen, certificate, key, authority)
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{out}: {error.strerror}") from error
    for path in logins.write(out, seen):
        say(str(path))
    say(f"start RabbitMQ with RABBITMQ_CONFIG_FILE={seen.folder}/rabbitmq.conf; keep {out} to yourself")
    if not seen.tls:
        say("nothing is encrypted: use it on one machine or a network of your own, or give --certificate")
    return 0
