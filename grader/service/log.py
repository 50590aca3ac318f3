"""One JSON object a line, for machines. No name, no file, no word of a student's ever stands in it."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

_FIELDS = (
    "request",
    "method",
    "route",
    "status",
    "ms",
    "person",
    "run",
    "kind",
    "state",
    "worker",
    "fault",
    "where",
    "limits",
)


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            # the template, never its values; its first line: asyncio's quotes the error further down
            "what": record.msg.partition("\n")[0] if isinstance(record.msg, str) else "",
        }
        line |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            # where, not what: the text of an error may quote a student
            line["fault"] = record.exc_info[0].__name__
            step = record.exc_info[2]
            places = []
            while step is not None:
                code = step.tb_frame.f_code
                places.append(f"{code.co_filename.rpartition('/')[2]}:{step.tb_lineno}")
                step = step.tb_next
            line["where"] = places[-6:]
        return json.dumps(line, ensure_ascii=True)


def to_stderr(level: int = logging.INFO) -> None:
    """Send the grader's own log there, and what libraries warn of, whose errors would quote a student."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    logging.getLogger().handlers = [handler]
    logging.getLogger("grader").setLevel(level)
