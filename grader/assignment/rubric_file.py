"""rubric.yaml, read and validated, with one clear line for every mistake in it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

import rubric as shipped
from grader.errors import RubricError
from grader.words.speech import languages
from rubric.schema import Rubric

_MOST = 3  # mistakes that are told at once
_SHOWN = 80  # characters of what was found
_PLAINLY = {
    "missing": "is missing",
    "tuple_type": "expected a list, like [a, b]",
    "dict_type": "expected a mapping, like {name: value}",
    "model_type": "expected a mapping, like {name: value}",
    "too_short": "expected at least one entry",
    "string_type": "expected a text; numbers, dates, true and null are one in quotes",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "string_pattern_mismatch": "expected letters, digits and _, a letter first",
    "finite_number": "expected a number",
    "recursion_loop": "stands within itself",
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
    except UnicodeDecodeError as e:
        line = e.object.count(b"\n", 0, e.start) + 1
        raise RubricError(f"{file}:{line}: not UTF-8 (byte {e.object[e.start]:#x}); save it as UTF-8") from e
    except OSError as e:
        raise RubricError(f"{file}: cannot be read: {e}") from e
    except RecursionError as e:
        raise RubricError(f"{file}: nested too deeply, expected what is in the schema") from e
    if not isinstance(data, dict):
        found = "nothing" if data is None else f"a {'text' if isinstance(data, str) else type(data).__name__}"
        raise RubricError(f"{file}: expected a mapping at the top, found {found}")
    try:
        rubric = Rubric.model_validate(_with_common_words(data))
    except ValidationError as e:
        errors = list(_first_causes(e.errors(include_url=False)))
        told = "; ".join(_told(error, data) for error in errors[:_MOST])
        more = f" (and {len(errors) - _MOST} more)" if len(errors) > _MOST else ""
        raise RubricError(f"{file}: {told}{more}") from e
    if rubric.language not in languages():
        spoken = " or ".join(languages())
        raise RubricError(f"{file}: language: expected {spoken}, found {_shortly(rubric.language)}")
    return rubric


def _checks(data: dict[Any, Any]) -> Iterator[dict[Any, Any]]:
    """Whatever stands where checks are expected and is a mapping; what is wrong there is told elsewhere."""
    for question in _listed(data.get("questions")):
        yield from _listed(question.get("checks"))


def _listed(found: object) -> list[dict[Any, Any]]:
    return [part for part in found if isinstance(part, dict)] if isinstance(found, list) else []


@cache
def common_words() -> Mapping[str, tuple[str, ...]]:
    """Vocabulary that all assignments share, shipped as words.yaml beside the schema: entry → words."""
    text = (Path(next(iter(shipped.__path__))) / "words.yaml").read_text("utf-8")
    return {name: tuple(words) for name, words in yaml.load(text, _Loader).items()}


def _with_common_words(data: dict[Any, Any]) -> dict[Any, Any]:
    """The rubric with the shared entries that its labels name and it does not define. Validates nothing."""
    own = data.get("vocabulary", {})
    if not isinstance(own, dict):
        return data
    named = re.findall(r"\w+", repr([c.get("labels") for c in _checks(data)]))
    shared = {
        n: list(common_words()[n]) for n in dict.fromkeys(named) if n in common_words() and n not in own
    }
    return {**data, "vocabulary": {**own, **shared}}


def _first_causes(errors: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    """Without what follows from another error: a list is too short because its entry is no text."""
    for error in errors:
        place = error["loc"]
        if not any(len(e["loc"]) > len(place) and e["loc"][: len(place)] == place for e in errors):
            yield error


def _told(error: Mapping[str, Any], data: object) -> str:
    steps = list(_steps(error["loc"], data))
    message = _PLAINLY.get(error["type"], error["msg"].removeprefix("Value error, "))
    message = message.replace("Input should be", "expected")
    if "datetime" in error["type"]:
        message = "expected a time with its zone, like 2026-06-09T14:25:00+02:00"
    if error["type"] == "extra_forbidden":
        message = f"unknown field, expected {_expected(error['loc'])}"
    elif error["type"] == "union_tag_invalid":
        message = f"kind is {error['ctx']['tag']!r}, expected tensor, behaviour or text"
    found = error.get("input")
    silent = isinstance(found, dict | list) or error["type"] in ("missing", "extra_forbidden")
    shown = "" if silent else f", found {_shortly(found)}"
    return f"{'.'.join(steps)}: {message}{shown}{_called(error['loc'], data)}" if steps else message


def _shortly(found: object) -> str:
    text = str(found) if isinstance(found, date) else repr(found)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _steps(path: Sequence[int | str], data: object) -> Iterator[str]:
    """The way to an error as the file has it: without the kind of a check, which is no step in it."""
    for step in path:
        if isinstance(data, dict) and step not in data and data.get("kind") == step:
            continue
        yield str(step)
        if isinstance(data, list | dict) and step in (data if isinstance(data, dict) else range(len(data))):
            data = data[step]  # type: ignore[index]


def _expected(path: Sequence[int | str]) -> str:
    """The fields that may stand where an unknown one does, the nearest spelling alone where there is one."""
    schema = Rubric.model_json_schema()
    node: Any = schema
    for step in path[:-1]:
        if "discriminator" in node:
            node = {"$ref": node["discriminator"]["mapping"].get(step, "")}
        else:
            node = (
                node.get("items", {}) if isinstance(step, int) else node.get("properties", {}).get(step, {})
            )
        reference = node.get("$ref", "").rpartition("/")[2]
        node = schema["$defs"].get(reference, node)
    names = list(node.get("properties", {}))
    near = difflib.get_close_matches(str(path[-1]), names, n=1)
    return near[0] if near else f"one of {', '.join(names)}"


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
    """YAML in which no key may stand twice, since the first would be lost without a word.

    `no`, `yes`, `on` and `off` are words, as in YAML 1.2: they are what students call things.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as e:  # 2026-13-45 looks like a date
            raise yaml.MarkedYAMLError(problem=str(e), problem_mark=node.start_mark) from e

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                problem = f"key {key.value!r} stands twice, expected unique keys"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$", re.I), list("tTfF"))
