"""Sentences in the language of whoever reads them.

English is the source: a template is its own English. Every other language is one file of gettext's,
`languages/<language>.po`, read when somebody needs it; nothing is compiled.
"""

from __future__ import annotations

import gettext
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from grader.models import Said, Value, counted

SOURCE = "en"
FOLDER = Path(__file__).parent / "languages"


@dataclass(frozen=True, slots=True)
class Speech:
    """What says things in one language. decimal: its sign between whole and broken numbers."""

    language: str
    decimal: str
    catalogue: gettext.NullTranslations

    def __call__(self, text: str, /, **values: Value) -> str:
        """This template, filled, see `Said`."""
        return self.of(Said(text, values))

    def counted(self, n: float, one: str, many: str, /, **values: Value) -> str:
        """The template for so many, in English `one` for 1 and `many` else. `n` is a value too."""
        return self.of(counted(n, one, many, values))

    def around(self, text: str, hole: str, /) -> tuple[str, str]:
        """What stands before and behind a hole of a template that has no other."""
        before, _, after = self.catalogue.gettext(text).partition(f"{{{hole}}}")
        return before, after

    def of(self, said: Said) -> str:
        """A sentence that came as data."""
        return said.rendered(self._template, self.decimal)

    def either(self, said: Said | None, english: str) -> str:
        """A sentence that came as data, or in English alone, as in a report of an earlier version."""
        return english if said is None else self.of(said)

    def points(self, value: float) -> str:
        """Points without needless digits: 10, 87.5, in German 87,5."""
        return points(value).replace(".", self.decimal)

    def _template(self, said: Said) -> str:
        if not said.plural:
            return self.catalogue.gettext(said.text)
        n = said.values.get("n")
        # what is no whole number is many, as gettext's rules know whole numbers alone
        whole = int(n) if isinstance(n, int | float) and n == int(n) else 2
        return self.catalogue.ngettext(said.text, said.plural, whole)


def points(value: float) -> str:
    """Points without needless digits, in English."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def languages() -> tuple[str, ...]:
    """All that there are, English first."""
    return (SOURCE, *sorted(path.stem for path in FOLDER.glob("*.po")))


@lru_cache
def speech(language: str) -> Speech:
    """Speech in one of the `languages`; what its catalogue lacks is said in English."""
    if language == SOURCE:
        return Speech(language, ".", gettext.NullTranslations())
    from babel.numbers import get_decimal_symbol

    return Speech(language, get_decimal_symbol(language), _catalogue(FOLDER / f"{language}.po", language))


def _catalogue(path: Path, language: str) -> gettext.NullTranslations:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


ENGLISH = speech(SOURCE)
