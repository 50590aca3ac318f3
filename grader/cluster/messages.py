"""What head and workers say to each other: records, as gzipped JSON, bounded on both sides.

Who reads is never at the writer's mercy: a message is measured before it is unpacked, unpacked up to
a bound, and validated by its record. Whatever fails is `Malformed`, and costs only itself.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from functools import cache
from typing import Annotated, Literal, TypeVar

from pydantic import Field, ValidationError

from grader.execute.job import Limits
from grader.jail.probe import Tier
from grader.models import Cell, Execution, Record

MOST_BYTES = 64 << 20
"""of a message as it travels"""
MOST_PLAIN_BYTES = 192 << 20
"""of its JSON: 16 MiB of output in escapes, or a notebook of 64 MiB, with room to spare"""
SMALL_BYTES = 1 << 20
"""of a hello, and of its JSON"""
CHUNK_BYTES = 1 << 20
"""of a file, in one message"""
MOST_FILE_BYTES = 256 << 20
MOST_FILES_BYTES = 512 << 20
"""of all files beside one notebook: more than intake and `given_files` let through"""

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Name = Annotated[str, Field(max_length=120)]
HeadId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]

M = TypeVar("M", bound=Record)


class Malformed(ValueError):  # noqa: N818 - a verdict on a message; whoever reads it decides
    """This message can't be read; the text says why, in one line."""


class MachineIdentity(Record):
    """What runs notebooks on a machine; see `handshake.Machine`. tier: the strongest it has."""

    environment: Digest
    execution: Digest
    messages: Digest = Field(description="of the form of these records, `form_digest`")
    tier: Tier


class TaskFile(Record):
    """A file beside the notebook. It travels by itself, in chunks, to a worker that has not got it."""

    name: str = Field(max_length=4096, description="as in AttachedFile.name")
    sha256: Digest
    size: int = Field(ge=0, le=MOST_FILE_BYTES)


class Task(Record):
    """A `Job` for whoever takes it. wanted: the least its worker must be; the digests, exactly.

    id: a secret between the head and whom it hands the task to: only they can answer it.
    alone: nothing else may run beside it, since runs beside others ended with their worker.
    """

    id: Digest
    head: HeadId
    wanted: MachineIdentity
    cells: tuple[Cell, ...]
    files: tuple[TaskFile, ...] = ()
    folder: str = Field(default="", max_length=4096)
    prelude: str = ""
    after: str = ""
    again: bool = True
    limits: Limits
    alone: bool = False


class WorkerReply(Record):
    """What became of a task.

    ran: there is an execution. returned: it did not run, through no fault of its own. failed: it
    could not be run here, and message says why.
    """

    id: Digest
    worker: Name
    identity: MachineIdentity
    outcome: Literal["ran", "returned", "failed"]
    execution: Execution | None = None
    message: str = Field(default="", max_length=2000)


class Hello(Record):
    """A worker says who it is and what it does, every few seconds."""

    worker: Name
    identity: MachineIdentity
    interpreter: str = Field(max_length=400)
    packages: tuple[Name, ...] = Field(max_length=5000)
    jobs: int = Field(ge=1, description="notebooks it runs at a time")
    held: tuple[Digest, ...] = Field(default=(), max_length=5000, description="ids of the tasks it has")
    done: int = Field(default=0, ge=0)
    stopping: bool = False


class Welcome(Record):
    """A head's answer to a hello. refused: why this worker gets nothing, and what to do; "" if it may."""

    refused: str = Field(default="", max_length=4000)


class FileWanted(Record):
    """A worker asks a head for up to `CHUNK_BYTES` of a file that a task of that head names."""

    sha256: Digest
    offset: int = Field(ge=0, le=MOST_FILE_BYTES)


def write(record: Record) -> bytes:
    """A record as it travels. Raises `Malformed` where it is too large to be read."""
    try:
        plain = record.model_dump_json().encode("utf-8")
    except ValueError as error:  # a lone surrogate
        raise Malformed(f"{type(record).__name__} can't be written as JSON: {error}") from error
    body = gzip.compress(plain, compresslevel=1, mtime=0)
    if len(plain) > MOST_PLAIN_BYTES or len(body) > MOST_BYTES:
        raise Malformed(f"{type(record).__name__} of {len(plain):,} bytes is too large to be sent")
    return body


def read(kind: type[M], body: bytes, most: int = MOST_PLAIN_BYTES) -> M:
    """The record in a message. most: bytes of JSON, and of the message. Raises `Malformed`."""
    what = kind.__name__
    if len(body) > min(most, MOST_BYTES):
        raise Malformed(f"{what} of {len(body):,} bytes, more than {min(most, MOST_BYTES):,}")
    unpack = zlib.decompressobj(wbits=31)
    try:
        plain = unpack.decompress(body, most + 1)
    except zlib.error as error:
        raise Malformed(f"{what} is not gzip: {error}") from error
    if len(plain) > most or not unpack.eof or unpack.unused_data:
        raise Malformed(f"{what} unpacks to more than {most:,} bytes, or is not whole")
    try:
        return kind.model_validate_json(plain)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Malformed(f"{what}: {where}: {first['msg']}"[:300]) from error


@cache
def form_digest() -> str:
    """SHA-256 of the form of all messages: whoever has the same reads what the other writes."""
    kinds = (Task, WorkerReply, Hello, Welcome, FileWanted)
    form = json.dumps([kind.model_json_schema() for kind in kinds], sort_keys=True)
    return hashlib.sha256(form.encode()).hexdigest()
