"""Report ↔ JSON: the stable contract on disk."""

from __future__ import annotations

import json
import math
from typing import Any

from pydantic import ValidationError

from grader.errors import StorageError
from grader.models import Report

DIGITS = 12  # more than any print of float32 shows; hides 0.30000000000000004
_TENSORS = frozenset({"actual", "expected"})
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_MOST_DIGITS = 17.0  # what a float64 can tell apart at all


def to_json(report: Report) -> str:
    """The report as JSON, keys in the order of the models, numbers of at most 12 significant digits.

    Always valid JSON and valid UTF-8. In the tensors `actual` and `expected`, nan and ±inf are the
    strings "nan", "inf" and "-inf"; elsewhere they are null. A row of numbers stays on one line.
    """
    return _layout(_plain(report.model_dump(mode="python"), "")) + "\n"


def from_json(text: str, where: str = "report.json") -> Report:
    """The report that `to_json` wrote.

    Raises:
        StorageError: the text is not a report; the message names `where` and the first fault.
    """
    try:
        return Report.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise StorageError(f"{where} is not a report: {place}: {first['msg']}; grade it again") from error


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of report.json."""
    schema = Report.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _plain(value: Any, key: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace").decode("utf-8")
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return _number(value, key)
    if isinstance(value, dict):
        return {
            _plain(str(name), ""): _plain(item, key if key in _TENSORS else str(name))
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(item, key) for item in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return _plain(value.tolist(), key)
    raise TypeError(f"report field {key!r} holds a {type(value).__name__}, expected JSON data")


def _number(value: float, key: str) -> float | str | None:
    if math.isfinite(value):
        return float(f"{value:.{DIGITS}g}")
    if key in _TENSORS:
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return _MOST_DIGITS if key == "digits" and value > 0 else None


def _layout(value: Any, indent: str = "") -> str:
    """JSON indented by two spaces, with lists of scalars on one line, so that a matrix reads as one."""
    inner = indent + "  "
    if isinstance(value, dict) and value:
        items = [f"{inner}{_encode(name)}: {_layout(item, inner)}" for name, item in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if isinstance(value, list) and value:
        if not any(isinstance(item, dict | list) for item in value):
            return _encode(value)
        return "[\n" + ",\n".join(inner + _layout(item, inner) for item in value) + f"\n{indent}]"
    return _encode(value)
