"""File names → submission ids: safe as a folder, in a shell, in a CSV, and unique. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MAX_LENGTH = 80

_SUFFIX = re.compile(r"\.ipynb(\.txt|\.json)?$", re.IGNORECASE)
_RENAMED = re.compile(r"(?:\.ipynb\b.*|\.json|\.txt)$", re.IGNORECASE)
_LOOKS_LIKE_A_FILE = re.compile(r"\.(csv|html?|json|xlsx|xml|zip|md|txt|pdf|lock|ipynb)$", re.IGNORECASE)
_WINDOWS = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """What an id is made from.

    file: what tells whose it is, most often. folders: what else may, outermost first. root: the name of the
    folder around the class, which an id depends on only where nothing else tells two uploads apart.
    """

    folders: tuple[str, ...]
    file: str
    root: str = ""

    @property
    def path(self) -> str:
        return "/".join((*self.folders, self.file))


def is_notebook_name(name: str) -> bool:
    """`x.ipynb`, in any case, also with the `.txt` or `.json` that browsers add."""
    return _SUFFIX.search(name) is not None


def stem(name: str) -> str:
    """The name without its notebook ending."""
    return _SUFFIX.sub("", name)


def without_ending(name: str) -> str:
    """What a notebook under another name was called: `hw.ipynb (1)`, `hw.json` → `hw`."""
    return _RENAMED.sub("", name) or name


def safe(text: str) -> str:
    """Letters, digits, `.`, `_`, `-` of `text`; at most 80 bytes; never empty, hidden or a file's name."""
    normal = unicodedata.normalize("NFC", text)
    kept = "".join(c if c.isalnum() or c in "._-" else "_" for c in normal)
    kept = re.sub(r"_{2,}", "_", kept).lstrip("._-").rstrip("._-")
    kept = _LOOKS_LIKE_A_FILE.sub(r"_\1", kept)
    if not kept or _WINDOWS.match(kept):
        kept = f"upload-{_digest(text)}" if not kept else f"upload-{kept}"
    if len(kept.encode()) > MAX_LENGTH:
        head = kept.encode()[: MAX_LENGTH - 7].decode("utf-8", "ignore")
        kept = f"{head}-{_digest(text)}"
    return kept


def assign(names: Sequence[Named]) -> list[str]:
    """An id per name, in order: the safe stem; where stems meet, with the folders that tell them apart.

    Two stems meet when a file system that ignores case could not keep their folders apart. An id
    depends on the other files only where it has to: a stem that nobody else has is never changed,
    and of several that become alike (`a b`, `a_b`) the one that needed no change keeps its own. Where the
    folders do not tell either, a digest of the path does.
    """
    stems = [safe(stem(n.file)) for n in names]
    exact = [stem(n.file) == s for n, s in zip(names, stems, strict=True)]
    met, met_exactly = _count(stems), _count(s for s, e in zip(stems, exact, strict=True) if e)
    keeps = [
        met[s.casefold()] == 1 or (e and met_exactly[s.casefold()] == 1)
        for s, e in zip(stems, exact, strict=True)
    ]
    taken = {s.casefold() for s, k in zip(stems, keeps, strict=True) if k}
    paths = Counter(n.path for n in names)
    meeting: dict[str, list[Named]] = {}
    for name, short, keep in zip(names, stems, keeps, strict=True):
        if not keep:
            meeting.setdefault(short.casefold(), []).append(name)
    telling = {short: _telling(group) for short, group in meeting.items()}
    longer = [
        s if k else safe("-".join((*_at(n, telling[s.casefold()]), s)))
        for n, s, k in zip(names, stems, keeps, strict=True)
    ]
    met = _count(x for x, k in zip(longer, keeps, strict=True) if not k)
    ids: list[str] = []
    for name, short, long, keep in zip(names, stems, longer, keeps, strict=True):
        if keep:
            ids.append(short)
            continue
        chosen = long
        if met[long.casefold()] > 1 or long.casefold() in taken:
            twice = paths[name.path] > 1
            chosen = base = f"{short}-{_digest(f'{name.root}/{name.path}' if twice else name.path)}"
            again = 1
            while chosen.casefold() in taken:
                again += 1
                chosen = f"{base}-{again}"
        taken.add(chosen.casefold())
        ids.append(chosen)
    return ids


def _telling(group: Sequence[Named]) -> tuple[int, ...]:
    """Which folders differ among these, counted from the outermost; -1 is the root, if only that does."""
    deepest = max(len(n.folders) for n in group)
    folders = [(*map(safe, n.folders), *[""] * (deepest - len(n.folders))) for n in group]
    return tuple(i for i in range(deepest) if len({f[i] for f in folders}) > 1) or (-1,)


def _at(name: Named, levels: Sequence[int]) -> Iterator[str]:
    for level in levels:
        if level < 0 and name.root:
            yield safe(name.root)
        elif 0 <= level < len(name.folders):
            yield safe(name.folders[level])


def _count(ids: Iterable[str]) -> Counter[str]:
    return Counter(i.casefold() for i in ids)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
