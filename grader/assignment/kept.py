"""What cells keep of values: the function that they call in the kernel, and its text read back (pure).

The kernel's side is source text: it is sent after the prelude and prints one marked line of JSON per value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from grader.assignment.values import Array
from grader.models import Output

MOST = 20_000
"""elements of one value that are kept; a larger one is no check"""

KEEPING = r"""
def _install_keep(most):
    import builtins, json, sys
    import numpy as np

    seen = {}

    def numbers(array):
        if array.size > most:
            return ["large", list(array.shape), array.dtype.kind, []]
        kind = "number" if array.dtype.kind in "fiub" else "other"
        values = array.astype(float).ravel().tolist() if kind == "number" else []
        return [kind, list(array.shape), array.dtype.kind, values]

    def plain(value, key, depth):
        module = type(value).__module__.partition(".")[0]
        if isinstance(value, str):
            yield [key, "text", [], "U", value[:200]]
        elif isinstance(value, (bool, int, float, np.generic)) and not isinstance(value, complex):
            yield [key, *numbers(np.asarray(value))]
        elif module == "torch" and hasattr(value, "detach"):
            value = value.detach().cpu()
            floats = value.double() if value.is_floating_point() else value
            yield [key, *numbers(floats.numpy())]
        elif isinstance(value, np.ndarray):
            yield [key, *numbers(value)]
        elif module == "pandas" and hasattr(value, "select_dtypes"):
            yield [key, *numbers(value.select_dtypes("number").to_numpy())]
        elif module == "pandas" and hasattr(value, "to_numpy"):
            yield [key, *numbers(np.asarray(value.to_numpy()))]
        elif isinstance(value, dict) and depth < 3:
            for name, part in list(value.items())[:50]:
                yield from plain(part, f"{key}.{name}" if key else str(name), depth + 1)
        elif isinstance(value, (list, tuple)) and value and depth < 3:
            try:
                array = np.asarray(value)
            except Exception:
                array = np.asarray(None)
            if array.dtype.kind in "fiub" and module != "torch" or type(value).__name__ == "Size":
                yield [key, *numbers(array)]
            else:
                for index, part in enumerate(value[:50]):
                    yield from plain(part, f"{key}[{index}]", depth + 1)

    def keep(number, value):
        seen[number] = seen.get(number, 0) + 1
        if seen[number] <= 2000:
            try:
                found = list(plain(value, "", 0)) or [["", "other", [], "O", []]]
                for part in found:
                    print("\u27e6keep " + json.dumps([number, *part]) + "\u27e7", flush=True)
            except Exception as error:
                print("\u27e6keep " + json.dumps([number, "", "other", [], "O", []]) + "\u27e7", flush=True)
        return value

    builtins.__keep__ = keep


_install_keep(MOST)
del _install_keep
""".replace("MOST", str(MOST))

MARKED = re.compile("⟦keep ([^⟦⟧]*+)⟧")


@dataclass(frozen=True, slots=True)
class KeptValue:
    """One value that was shown. site: `Site.number`. key: of an element of a dict or tuple, else empty.

    text: where a text was shown. values: the numbers in their shape; None for what is no number.
    whole: all are whole numbers by their type. truth: they are truth values.
    """

    site: int
    key: str
    kind: Literal["number", "text", "large", "other"]
    whole: bool = False
    text: str = ""
    values: Array | None = None
    truth: bool = False


def read_kept(outputs: Iterable[Output]) -> Iterator[KeptValue]:
    """The values that the marked lines hold, in the order in which they were shown."""
    for output in outputs:
        if output.kind == "stdout":
            for found in MARKED.finditer(output.text):
                yield _kept(json.loads(found[1]))


def _kept(parts: list[Any]) -> KeptValue:
    site, key, kind, shape, dtype, data = parts
    if kind == "text":
        return KeptValue(site, key, "text", text=data)
    values = np.asarray(data, dtype=np.float64).reshape(shape) if kind == "number" else None
    return KeptValue(site, key, kind, dtype in "iub", values=values, truth=dtype == "b")
