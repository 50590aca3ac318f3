"""Each student's page as a PDF, printed by Chromium: for whoever hands feedback out on paper or by mail."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.errors import StorageError, UsageError
from grader.handback.given import Handed, NotHanded
from grader.intake.naming import safe

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE_S = 60
_QUIET = ("--headless", "--disable-gpu", "--no-pdf-header-footer", "--disable-extensions", "--no-first-run")


def print_pages(given: Sequence[Handed], into: Path) -> list[NotHanded]:
    """Write `<id>.pdf` for everybody who has a page; who has none. Raises `UsageError`, `StorageError`.

    The page holds no script that it needs, and forbids itself every address but its own.
    """
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise UsageError(f"PDF is printed by Chromium, none of {', '.join(_BROWSERS)} is installed")
    left = []
    try:
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".pdf-", dir=into) as scratch:
            for name, handed in _pages(given):
                page = handed.folder / "report.html"
                if not page.is_file():
                    left.append(NotHanded(handed.id, "its report.html is missing"))
                elif not _printed(browser, page, Path(scratch), into / f"{name}.pdf"):
                    left.append(NotHanded(handed.id, "the browser did not print its page"))
    except OSError as error:
        raise StorageError(f"{into} could not be written ({error.strerror or error}); free space") from error
    return left


def _pages(given: Sequence[Handed]) -> Iterator[tuple[str, Handed]]:
    """The name of each file; a member of a team whose mark is another has one of their own."""
    for handed in given:
        yield handed.id, handed
        yield from ((f"{handed.id}-{safe(id)}", own) for id, own in handed.members.items())


def _printed(browser: str, page: Path, scratch: Path, target: Path) -> bool:
    made = scratch / "page.pdf"
    # Chromium's own sandbox refuses root; the page was made by us and loads nothing
    rooted = ("--no-sandbox",) if os.geteuid() == 0 else ()
    where = (f"--user-data-dir={scratch / 'profile'}", f"--print-to-pdf={made}", page.resolve().as_uri())
    try:
        subprocess.run(
            [browser, *_QUIET, *rooted, *where],
            check=False,
            timeout=_PATIENCE_S,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return False
    if not made.is_file():
        return False
    made.replace(target)
    return True
