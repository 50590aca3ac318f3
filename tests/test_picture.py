"""Pictures that cells show: which are kept, what is left of them, and that nothing else looks at them."""

from __future__ import annotations

import base64

import pytest
from png import MAGIC, b64, chunk, header, png

from grader.execute.outputs import OutputLog
from grader.execute.picture import MOST_BYTES, Picture, choose, picture, without
from grader.extract import extract
from grader.models import Execution, Output


def test_a_picture_comes_back_as_it_was() -> None:
    assert picture(b64(png())) == Picture(b64(png()), len(png()), 6)
    lines = base64.encodebytes(png()).decode()
    assert "\n" in lines and picture(lines) == picture(b64(png()))


def test_only_what_makes_up_the_picture_stays() -> None:
    text = chunk(b"tEXt", b"Author\0Ana M\xfcller")
    animation = chunk(b"acTL", b"\0\0\0\x02\0\0\0\0")
    profile = chunk(b"iCCP", b"hostile profile")
    behind = b"<script>alert(1)</script>"
    found = picture(b64(png(extra=text + animation + profile) + behind))
    assert found is not None and base64.b64decode(found.base64) == png()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "iVBORw0KGgo=",
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        b64(png()) + '" onload="alert(1)',
        b64(png()) + "é\ud800",
        b64(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        b64(b"\xff\xd8\xff\xe0 a photograph"),
        b64(png()[:-5]),
        b64(png()[:30] + b"?" + png()[31:]),
        b64(MAGIC + chunk(b"IDAT", b"x") + header(3, 2) + chunk(b"IEND")),
        b64(MAGIC + header(3, 2) + chunk(b"IEND")),
        b64(MAGIC + chunk(b"IHDR", b"\0\0\0\x03") + chunk(b"IDAT", b"x") + chunk(b"IEND")),
        b64(MAGIC + header(3, 2, depth=7) + chunk(b"IDAT", b"x") + chunk(b"IEND")),
        b64(png(0, 2)),
        b64(png(4097, 1)),
        b64(png(0xFFFFFFFF, 0xFFFFFFFF, data=b"x")),
        b64(MAGIC + header(3, 2) + b"\xff\xff\xff\xffIDATx"),
        b64(png(extra=chunk(b"tEXt") * 3000)),
        b64(png(data=b"x" * MOST_BYTES)),
    ],
    ids=lambda text: text[:24],
)
def test_what_is_no_sound_picture_is_not_kept(text: str) -> None:
    assert picture(text) is None


def log_of(*data: object, cells: int = 100) -> list[Output]:
    """What comes of display messages with these values as image/png, one each."""
    log = OutputLog()
    for number, png_data in enumerate(data):
        said = {"text/plain": f"<Figure {number}>", "image/png": png_data}
        log.take(number % cells, {"msg_type": "display_data", "content": {"data": said}})
    return list(log.outputs())


def test_a_display_keeps_its_text_beside_its_picture() -> None:
    kept, not_kept, *rest = log_of(b64(png()), "nonsense", ["x"], 7, {}, None)
    assert (kept.text, kept.image) == ("<Figure 0>", b64(png()))
    assert (not_kept.text, not_kept.image) == ("<Figure 1>", "")
    assert [o.image for o in rest] == ["", "", "", None]


def test_text_and_errors_have_no_picture() -> None:
    log = OutputLog()
    data = {"image/png": b64(png())}
    log.take(0, {"msg_type": "stream", "content": {"text": "x", "data": data, **data}})
    log.take(0, {"msg_type": "error", "content": {"ename": "E", "evalue": b64(png()), "data": data, **data}})
    log.take(0, {"msg_type": "display_data", "content": {"data": {"text/plain": "x"}, "metadata": data}})
    assert [o.image for o in log.outputs()] == [None, None, None]


def test_of_many_pictures_a_cell_keeps_the_last() -> None:
    images = [o.image for o in log_of(*[b64(png(n + 1)) for n in range(100)], cells=1)]
    assert images == [""] * 92 + [b64(png(n + 1)) for n in range(92, 100)]


def test_a_run_keeps_so_many_pictures_bytes_and_pixels() -> None:
    assert [bool(o.image) for o in log_of(*[b64(png())] * 100)] == [True] * 40 + [False] * 60
    large = Picture("large", MOST_BYTES, 1)
    assert choose([(n, large) for n in range(6)]) == ["large"] * 4 + [""] * 2
    wide = Picture("wide", 1, 4096 * 4096)
    assert choose([(n, wide) for n in range(6)]) == ["wide"] * 4 + [""] * 2
    small = Picture("small", 1, 1)
    shown = [(0, wide), (1, None), (2, wide), (3, wide), (4, small), (5, wide), (6, small)]
    assert choose(shown) == ["wide", "", "wide", "wide", "small", "", "small"]
    assert choose([(n, large) for n in range(5)] + [(5, small)])[4:] == ["", ""], "4 MiB are full"


def test_a_picture_is_no_evidence() -> None:
    plain = Output(cell=0, index=0, kind="display", text="dW1 [0.25, 0.5]")
    pictured = plain.model_copy(update={"image": b64(png())})
    assert extract([pictured]) == extract([plain]) != ()
    assert extract([Output(cell=0, index=0, kind="display", image=b64(png()))]) == ()


def test_runs_kept_before_there_were_pictures_still_load() -> None:
    old = (
        '{"status": "ok", "outputs": [{"cell": 0, "index": 0, "kind": "display", "text": "x", "html": null}]}'
    )
    run = Execution.model_validate_json(old)
    assert run.outputs[0].image is None
    assert Execution.model_validate_json(run.model_dump_json()) == run


def test_a_run_without_its_pictures_says_that_there_were_some() -> None:
    log = log_of(b64(png()), "no picture", None)
    run = Execution(status="ok", outputs=tuple(log))
    assert [o.image for o in without(run).outputs] == ["", "", None]
    assert [o.text for o in without(run).outputs] == [o.text for o in log]
