"""Every sentence of the service's pages is there in German, and is not more than what is said."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import grader.service

HOME = Path(grader.service.__file__).parent
_SAYING = {"RefusedError", "HTTPException", "_say", "_"}
_FIELD = re.compile(r"\{(\w+)\}")


def said() -> Iterator[str]:
    """Sentences of the templates, and those that modules give to people."""
    for _, _, message, _, _ in extract_from_dir(
        HOME, method_map=[("**.html", "jinja2")], keywords={"_": None}
    ):
        yield str(message)
    for path in sorted(HOME.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if called in _SAYING:
                    yield from (
                        a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
                    )


def test_every_sentence_is_there_in_german() -> None:
    with (HOME / "locale" / "de.po").open("rb") as file:
        german = {str(m.id): str(m.string) for m in read_po(file) if m.id}
    sentences = set(said())
    assert len(sentences) > 100
    assert not sorted(s for s in sentences if not german.get(s))
    for english, text in german.items():
        assert set(_FIELD.findall(english)) == set(_FIELD.findall(text)), english
