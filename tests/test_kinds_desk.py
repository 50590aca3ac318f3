"""A plot on the desk: graded, opened in a real browser, seen below its heading."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from class_kit import RUBRIC, make_assignment
from playwright.sync_api import Browser
from test_report_browser import browser, watched  # noqa: F401

PLOT = """\
  - id: q2
    title: The plot
    checks:
      - {id: plot, kind: manual, title: The plot, points: 5, headings: ['plot'], wants: picture}
"""


@pytest.mark.kernel
def test_a_plot_is_shown_at_the_desk_below_its_heading(browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    folder = make_assignment(tmp_path / "a", RUBRIC + PLOT)
    notebook = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    notebook.cells = [
        text("## The plot"),  # type: ignore[no-untyped-call]
        code("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"),  # type: ignore[no-untyped-call]
    ]
    (tmp_path / "class").mkdir()
    nbformat.write(notebook, tmp_path / "class" / "ann.ipynb")
    grader = [sys.executable, "-m", "grader"]
    graded = [
        *grader,
        "grade",
        str(tmp_path / "class"),
        "--rubric",
        str(folder),
        "--out",
        str(tmp_path / "out"),
    ]
    subprocess.run(graded, check=True, capture_output=True, timeout=300)
    serve = "import sys; from pathlib import Path; from grader.commands import review; "
    serve += f"sys.exit(review.run(Path({str(tmp_path / 'out')!r}), 'lea', 0, False, None))"
    desk = subprocess.Popen(
        [sys.executable, "-c", serve],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert desk.stdout is not None
    try:
        address = next(line.split()[2] for line in desk.stdout if line.startswith("review desk: "))
        seen = watched(browser.new_page(viewport={"width": 1280, "height": 860}))
        seen.page.goto(address)
        seen.page.locator("#list button", has_text="plt.plot").click()
        seen.page.wait_for_selector(".card img")
        assert seen.page.locator(".card img").first.get_attribute("alt") == "Picture 1 shown by cell 2"
        assert seen.page.locator(".card img").evaluate("i => i.naturalWidth") > 100
        assert seen.console == []
    finally:
        desk.kill()
        desk.wait()
