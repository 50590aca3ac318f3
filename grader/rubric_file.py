"""rubric.yaml, read and validated, with one clear line for every mistake in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from grader.errors import RubricError
from rubric.schema import Rubric

_MOST = 3  # mistakes that are told at once
_PLAINLY = {
    "tuple_type": "expected a list, like [a, b]",
    "dict_type": "expected a mapping, like {name: value}",
    "too_short": "expected at least one entry",
    "union_tag_not_found": "kind is missing, expected kind: tensor, behaviour or text",
}


def load_rubric(folder: Path) -> Rubric:
    """Read and validate rubric.yaml.

    Raises:
        RubricError: one line with the file, the path inside it, what is wrong and what is expected.
    """
    file = folder / "rubric.yaml"
    try:
        data = yaml.load(file.read_text(encoding="utf-8"), _Loader)
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        at = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise RubricError(f"{file}{at}: not YAML: {getattr(e, 'problem', None) or e}") from e
    except (OSError, UnicodeDecodeError) as e:
        raise RubricError(f"{file}: cannot be read: {e}") from e
    if not isinstance(data, dict):
        raise RubricError(f"{file}: expected a mapping at the top, found {type(data).__name__}")
    try:
        return Rubric.model_validate(data)
    except ValidationError as e:
        errors = e.errors(include_url=False)
        told = "; ".join(_told(error, data) for error in errors[:_MOST])
        more = f" (and {len(errors) - _MOST} more)" if len(errors) > _MOST else ""
        raise RubricError(f"{file}: {told}{more}") from e


def _told(error: Mapping[str, Any], data: object) -> str:
    where = ".".join(str(part) for part in error["loc"])
    message = _PLAINLY.get(error["type"], error["msg"].removeprefix("Value error, "))
    found = error.get("input")
    shown = "" if isinstance(found, dict | list) or error["type"] == "missing" else f", found {found!r:.80}"
    return f"{where}: {message}{shown}{_called(error['loc'], data)}" if where else message


def _called(path: Sequence[int | str], data: object) -> str:
    """The id of the innermost thing on the way that has one: list positions alone are hard to find."""
    name = ""
    for step in path[:-1]:
        if isinstance(data, list | dict) and step in (data if isinstance(data, dict) else range(len(data))):
            data = data[step]  # type: ignore[index]
        if isinstance(data, dict) and isinstance(data.get("id"), str):
            name = f" (in {data['id']})"
    return name


class _Loader(yaml.SafeLoader):
    """YAML in which no key may stand twice: the first would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                problem = f"key {key.value!r} stands twice, expected unique keys"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)
