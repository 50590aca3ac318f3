"""Histograms by leather, as SVG that takes its colours from the page.

leather writes colours as attributes, which a style sheet overrules: one picture serves light, dark and
paper, and the page's policy needs no exception. (matplotlib: style attributes, which the policy forbids,
one fixed scheme, and a second of import with the font cache; plotly and vega: megabytes of script.)
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

from grader.report.statistics import Bin

if TYPE_CHECKING:
    from markupsafe import Markup

_WIDTH, _HEIGHT = 560, 200
_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500)


def histogram(bins: Sequence[Bin], ranges: Sequence[str], label: str) -> Markup:
    """Columns of counts. ranges: what stands below each column; label: the same in words, for readers."""
    import leather
    from markupsafe import Markup

    ticks = _ticks(max((b.count for b in bins), default=0))
    chart = leather.Chart()
    chart.add_x_axis(ticks=list(ranges))
    chart.add_y_scale(0, ticks[-1])
    chart.add_y_axis(ticks=ticks)
    chart.add_columns([(name, b.count) for name, b in zip(ranges, bins, strict=True)])
    picture = ET.Element(
        "svg",
        {
            "class": "histogram",
            "viewBox": f"20 20 {_WIDTH - 40} {_HEIGHT - 34}",
            "role": "img",
            "aria-label": label,
        },
    )
    picture.append(chart.to_svg_group(_WIDTH, _HEIGHT))
    return Markup(ET.tostring(picture, encoding="unicode"))  # ElementTree escapes what it writes


def _ticks(most: int) -> list[int]:
    """Four or five whole numbers from 0 to at least `most`."""
    step = next((s for s in _STEPS if s * 4 >= most), ceil(most / 4 / 1000) * 1000)
    return list(range(0, max(1, ceil(most / step)) * step + 1, step))
