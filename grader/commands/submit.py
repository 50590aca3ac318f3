"""`grader submit`: hand in at a course's server, from a terminal or a script."""

from __future__ import annotations

import json
import mimetypes
import os
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from grader.commands.progress import say
from grader.errors import OperationError, UsageError

_TRIES = 4
_WAIT_S = 2.0
_STATES = {"found": "found", "missing": "missing", "fixed": "never changes", "varies": "changes in every run"}


def run(files: Sequence[Path], to: str, token: str | None, wait_s: float) -> int:
    """Send files, print the receipt and the self-check; 0, or 1 when not everything asked for was found.

    A broken connection is tried again with the same key, so it is counted once. token: else in GRADER_TOKEN.
    Raises `UsageError` for what is not taken, `OperationError` when the server can't be reached.
    """
    token = (token or os.environ.get("GRADER_TOKEN", "")).strip()
    if not token:
        raise UsageError("a token is needed: make one on your page (/me), put it into GRADER_TOKEN")
    if not (token.isascii() and token.isprintable()):  # what sends it would say it aloud
        raise UsageError("GRADER_TOKEN is no token: copy it again from your page (/me)")
    parts = urlsplit(to)
    slug = parts.path.rstrip("/").rpartition("/")[2]
    if parts.scheme not in ("http", "https") or not slug:
        raise UsageError(
            f"--to {to}: expected the assignment's address, as https://grader.example.org/a/NAME"
        )
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise UsageError(f"--to {to}: the token would be sent in the clear; use https")
    base = f"{parts.scheme}://{parts.netloc}/api/v1"
    body, kind = _form(files)
    headers = {"Content-Type": kind, "Idempotency-Key": f"submit {secrets.token_hex(12)}"}
    receipt = _ask(f"{base}/assignments/{slug}/uploads", token, body, headers)
    say(f"received as attempt {receipt['number']}, {receipt['received']}, SHA-256 {receipt['sha256']}")
    end = time.monotonic() + wait_s
    while True:
        check = _ask(f"{base}/uploads/{receipt['id']}", token)["check"]
        if check["state"] not in ("waits", "runs") or time.monotonic() > end:
            break
        time.sleep(0.5)
    return _tell(check)


def _tell(check: dict[str, Any]) -> int:
    if check["state"] != "done":
        said = {
            "waits": "the self-check has not come yet; look at your page",
            "runs": "the self-check has not come yet; look at your page",
            "none": "no self-check: you have had this hour's",
            "failed": "the self-check failed by a fault of the server's; your upload is safe",
            "unreadable": f"this can't be read as a notebook: {check['problem']}",
        }[check["state"]]
        say(said)
        return 1 if check["state"] == "unreadable" else 0
    for trouble in check["troubles"]:
        say(f"! {trouble}")
    for group in check["groups"]:
        say(group["title"])
        for item in group["items"]:
            where = f", {item['where']}" if item["where"] else ""
            say(f"  {_STATES[item['state']]}: {item['title']}{where}")
    say(f"{check['found']} of {check['all']} found. This says what was found, not whether it is right.")
    return 0 if check["found"] == check["all"] else 1


def _form(files: Sequence[Path]) -> tuple[bytes, str]:
    """The files as multipart/form-data."""
    boundary = secrets.token_hex(16)
    parts = []
    for path in files:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path} can't be read ({error.strerror})") from error
        name = path.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        parts.append(f"{head}Content-Type: {kind}\r\n\r\n".encode("utf-8", "replace") + data + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _ask(address: str, token: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Any:
    sent = {"Authorization": f"Bearer {token}", **(headers or {})}
    for attempt in range(_TRIES):
        request = urllib.request.Request(address, data=body, headers=sent)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise UsageError(f"not taken: {_problem(error)}") from error
            problem = f"the server answers {error.code}"
        except (urllib.error.URLError, OSError, ValueError) as error:
            problem = str(getattr(error, "reason", error))
        if attempt + 1 < _TRIES:
            time.sleep(_WAIT_S * (attempt + 1))
    raise OperationError(f"{address} can't be reached ({problem}); run the same command again")


def _problem(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["problem"])
    except (ValueError, KeyError, OSError):
        return f"{error.code}"
