"""Is there room in the code for numbers that were brought along instead of computed? (pure)

Numbers typed in as they are printed are found by their values (`typed.py`). Encoded, scaled or read
from a file they are not; what shows then is the place that holds them: many numbers, long strings of
code, files, and what turns these into values.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator

_READERS = re.compile(
    r"eval|exec|compile|open|loads?|load_\w+|loadtxt|genfromtxt|from(?:file|string|buffer|hex)|read\w*|literal_eval"
    r"|unpack\w*|iter_unpack|\w*decode|decompress|unhexlify|import_module|__import__|__doc__|getattr|getsource\w*"
    r"|In|_ih|_i\d*|history_manager|chr|ord|from_bytes|memmap"
)
_LIBRARIES = re.compile(
    r"numpy|torch(?:vision|info|summary|viz)?|matplotlib|pandas|scipy|sklearn|seaborn|tqdm|IPython|ipywidgets"
    r"|sympy|tabulate|einops|plotly|google"
)
_DECODERS = re.compile(
    r"base64|binascii|pickle|marshal|shelve|zlib|gzip|bz2|lzma|zipfile|tarfile|codecs|struct|ctypes|csv|sqlite3"
    r"|inspect|linecache|importlib"
)
_MOST_IN_A_ROW = 12  # numbers of one list
_MOST_DIGITS = 24  # of all numbers that have three significant digits or more
_MOST_NUMBERS = 200
_LARGEST_INT = 64  # bits
_CODED = re.compile(r"[^\s]{40,}")
_DIGITS_IN_TEXT = 40


def carries(nodes: Iterable[ast.AST]) -> bool:
    """Could code that consists of these nodes hold a tensor's values without computing them?"""
    digits = numbers = in_text = 0
    for node in nodes:
        if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
            if sum(1 for _ in _numbers_of(node)) > _MOST_IN_A_ROW:
                return True
        elif isinstance(node, ast.Constant):
            value = node.value
            if isinstance(value, int | float | complex) and not isinstance(value, bool):
                if isinstance(value, int) and value.bit_length() > _LARGEST_INT:
                    return True
                numbers += 1
                significant = len(re.sub(r"e.*|\D", "", repr(value)).strip("0"))
                digits += significant if significant >= 3 else 0
            elif isinstance(value, bytes) or (isinstance(value, str) and _coded(value)):
                return True
            elif isinstance(value, str):
                in_text += sum(c.isdigit() for c in value)
        elif _reads(node):
            return True
    return digits > _MOST_DIGITS or numbers > _MOST_NUMBERS or in_text > _DIGITS_IN_TEXT


def _numbers_of(node: ast.AST) -> Iterator[ast.Constant]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, int | float):
            yield inner


def _coded(text: str) -> bool:
    """Is there a long word that is no rule of dashes?"""
    return any(len(set(word)) > 10 for word in _CODED.findall(text))


def _reads(node: ast.AST) -> bool:
    """Does it read files, decode, or import what came beside the notebook?"""
    modules: list[str] = []
    if isinstance(node, ast.Import):
        modules = [name.name for name in node.names]
    elif isinstance(node, ast.ImportFrom):
        modules = [node.module or "."]
    elif isinstance(node, ast.Attribute):
        return bool(_READERS.fullmatch(node.attr)) and node.attr != "read"
    elif isinstance(node, ast.Name):
        return bool(_READERS.fullmatch(node.id))
    tops = [module.partition(".")[0] for module in modules]
    return any(_DECODERS.fullmatch(top) or not _is_known(top) for top in tops)


def _is_known(top: str) -> bool:
    return bool(_LIBRARIES.fullmatch(top)) or top in sys.stdlib_module_names
