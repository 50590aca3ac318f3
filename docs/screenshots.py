"""Takes the documents' pictures from a class that was really graded.

grader grade submissions --out OUT && python docs/screenshots.py OUT
python docs/screenshots.py --service STUDENT TEACHER    (links of two people of a course that is served)

Needs Chromium (Debian: apt-get install chromium) and the extras `test` and `kernel` (for Pillow).
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
WIDTH, PHONE = 1100, 390


def main(out: Path, student: str) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no chromium on PATH; install it with: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 1000}, color_scheme="light")
        page.goto((out / student / "report.html").resolve().as_uri())
        upto(page, "#check-dW1", HERE / "student-report.png")
        page.goto((out / "index.html").resolve().as_uri())
        upto(page, ".class main > section.card", HERE / "class-index.png")
        browser.close()


def service(student: str, teacher: str) -> None:
    """A student's phone before the due date, and the teacher's class page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--disable-gpu"])
        for link, width, last, name in (
            (student, PHONE, "#attempts .found", "service-student.png"),
            (teacher, WIDTH, "#class tr:nth-child(12)", "service-class.png"),
        ):
            page = browser.new_context(timezone_id="Europe/Berlin", locale="en-GB").new_page()
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(link)
            page.get_by_role("button", name="Sign in").click()
            page.locator("h2 a").first.click()
            page.wait_for_selector(last)
            upto(page, last, HERE / name)
        browser.close()


def upto(page: Page, last: str, path: Path) -> None:
    """The page from its top to the lower edge of an element."""
    box = page.locator(last).first.bounding_box()
    assert box is not None and page.viewport_size is not None, last
    height = box["y"] + box["height"] + 24
    clip = {"x": 0, "y": 0, "width": page.viewport_size["width"], "height": height}
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip)))
    # 256 colours are a third of the bytes, and nobody sees it on a page of text.
    picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "--service":
        service(*sys.argv[2:])
        sys.exit()
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) == 3 else "Diallo-Amara-homework4")
