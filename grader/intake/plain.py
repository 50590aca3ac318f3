"""Folders that no platform made: which files are whose (reads names, and of notebooks what they mention).

A class is handed round in two ways: a file for each student, or a folder for each. Folders that only sort
(`late/`, `group 2/`) look like the second from afar; what all of them show together tells.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from grader.intake.choose import is_script_name
from grader.intake.document import Refused
from grader.intake.files import read
from grader.intake.naming import Named, is_notebook_name, stem, without_ending
from grader.intake.tree import Leftover, Parts, TreeFile, TreeFolder

_CLONE = frozenset({".git", ".github", ".gitignore"})
_PROJECT = frozenset({"pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "environment.yml"})
_SHARED = "beside several notebooks: whose it is can't be told"
_NOBODYS = "no notebook beside it"
_READ = 4 * 2**20


@dataclass(frozen=True, slots=True)
class StudentFiles:
    """One student's files. home: the folder they are named from. named: what the id is made of.

    key: tells the student from the others of the class, wherever it lies. own: nothing else lies in
    `home`, so a link may lead anywhere within.
    """

    files: tuple[TreeFile, ...]
    home: Parts
    named: Named
    key: str
    own: bool = True


def works(top: TreeFolder, prefer: Sequence[str] = ()) -> Iterator[StudentFiles | Leftover]:
    """Everybody's files below a folder or in an archive that somebody named, in the order of names.

    prefer: the rubric's globs for the notebook to grade.
    """
    yield from _container(top, top, prefer)


def _container(
    folder: TreeFolder, top: TreeFolder, prefer: Sequence[str]
) -> Iterator[StudentFiles | Leftover]:
    """A folder of the teacher's: what lies in it are students' files or folders, or folders that sort."""
    notebooks = _written(folder)
    archives = [f for f in folder.folders if f.archive and not _wanted(f, notebooks)]
    folders = [f for f in folder.folders if f not in archives]
    holding = [f for f in folders if _notebooks(f) and not f.archive]
    if not notebooks and not archives and not holding:
        yield from _scripts(folder, top)
        return
    if _within(folder) == 1 and not archives and not notebooks and _is_one_tree(folder):
        yield _whole(folder, top)  # a repository: its only notebook lies in a folder, its modules elsewhere
        return
    project = folder is top and _marked(folder) and _within(folder) == len(notebooks)
    if len(notebooks) == 1 and not archives and not holding:
        yield from _lone(notebooks[0], folder, top, project)
        return
    if folder is top and not notebooks and not archives and len(holding) == 1 and not _scripted(folders):
        yield from _container(holding[0], holding[0], prefer)  # a folder around the class
        yield from _nobodys(folder.files)
        return
    yield from _flat(folder, top, notebooks, archives, scripts=bool(notebooks or archives))
    sorts = _are_sections(holding)
    called = Counter(b.name.casefold() for f in holding for b in f.folders)
    everybodys = not sorts and _a_folder_each(holding, len(notebooks) + len(archives), prefer)
    for below in folders:
        if below in holding:
            if sorts or (everybodys and _holds_people(below, called)):
                yield from _section(below, top)
            elif everybodys or _linked(below):
                yield _whole(below, top)
            elif _notebooks(below) == 1 and not _archives(below):
                yield _whole(below, top, by_folder=False)
            else:
                yield from _container(below, top, prefer)
        elif everybodys and (_has_scripts(below) or _called_as(below, holding)):
            yield _whole(below, top)
        else:
            yield from _nobodys(below.everything())


def _are_sections(folders: Sequence[TreeFolder]) -> bool:
    """Whether folders sort the folders of students: in most, several hold the same, under names of their own.

    Where the folders within are called alike everywhere (`task 1`, `v2`) they are parts of one work.
    """
    within = [[b for b in f.folders if _notebooks(b)] for f in folders if not _written(f)]
    people = [fs for fs in within if len(fs) > 1 and set.intersection(*map(_names_in, fs))]
    names = [b.name.casefold() for fs in within for b in fs]
    return len(folders) > 1 and 2 * len(people) >= len(folders) and len(set(names)) == len(names)


def _holds_people(folder: TreeFolder, called: Mapping[str, int]) -> bool:
    """Whether a folder among those of students is no student's (`late`): many in it hold the same.

    called: how often folders within have a name. Two may be a student's old and new version.
    """
    within = [b for b in folder.folders if _notebooks(b)]
    alike = len(within) > 2 and bool(set.intersection(*map(_names_in, within)))
    return alike and not _written(folder) and all(called[b.name.casefold()] == 1 for b in within)


def _section(folder: TreeFolder, top: TreeFolder) -> Iterator[StudentFiles | Leftover]:
    """The folders of students that lie in one, and what lies beside them."""
    archives = [f for f in folder.folders if f.archive]
    yield from _flat(folder, top, _written(folder), archives, scripts=True)
    for below in folder.folders:
        if below in archives:
            continue
        if _notebooks(below) or _has_scripts(below):
            yield _whole(below, top)
        else:
            yield from _nobodys(below.everything())


def _scripts(folder: TreeFolder, top: TreeFolder) -> Iterator[StudentFiles | Leftover]:
    """No notebook anywhere: scripts are what was handed in."""
    here = [f for f in folder.files if is_script_name(f.name)]
    holding = [f for f in folder.folders if _has_scripts(f)]
    if (len(here) == 1 and not holding) or (here and _is_one_tree(folder)):
        yield _whole(folder, top, by_folder=folder is not top)
        return
    yield from _flat(folder, top, (), (), scripts=len(here) >= len(holding))
    for below in folder.folders:
        if below not in holding:
            yield from _nobodys(below.everything())
        elif len(holding) == 1 and not here and folder is top:
            yield from _scripts(below, below)
        else:
            yield _whole(below, top, by_folder=len(holding) > 1 or _count_scripts(below) > 1)


def _lone(
    notebook: TreeFile, folder: TreeFolder, top: TreeFolder, project: bool
) -> Iterator[StudentFiles | Leftover]:
    """A folder with one notebook in it: what the notebook needs lies beside it; a script may be another's."""
    others = [f for f in folder.everything() if f is not notebook]
    claimed = _claimed(folder.files, [notebook])
    strangers = [f for f in folder.files if f.refused and not _mentions(notebook, f.name)]
    strangers += [
        f for f in folder.files if (is_script_name(f.name) or f.renamed) and f not in (*claimed, notebook)
    ]
    if project or folder is not top:
        strangers = []
    mine = tuple(f for f in (notebook, *others) if f not in strangers)
    named = Named(_above(folder.parts, top), _bare(notebook), top.name)
    yield StudentFiles(mine, folder.parts, named, _key(folder, top, _bare(notebook)), own=not strangers)
    for file in strangers:
        yield _alone(file, folder, top)


def _flat(
    folder: TreeFolder,
    top: TreeFolder,
    notebooks: Sequence[TreeFile],
    archives: Sequence[TreeFolder],
    *,
    scripts: bool,
) -> Iterator[StudentFiles | Leftover]:
    """The files of a folder in which each is somebody's: what is named after a notebook is its student's.

    scripts: those that belong to no notebook are uploads, too.
    """
    mine: dict[TreeFile, list[TreeFile]] = {f: [f] for f in notebooks}
    left: list[TreeFile] = []
    claimed = _claimed([f for f in folder.files if f not in mine and not f.refused], notebooks)
    for file in folder.files:
        if file in mine:
            continue
        if file in claimed:
            mine[claimed[file]].append(file)
        else:
            left.append(file)
    for notebook in notebooks:
        named = Named(_above(folder.parts, top), _bare(notebook), top.name)
        key = _key(folder, top, _bare(notebook))
        yield StudentFiles(tuple(mine[notebook]), folder.parts, named, key, own=False)
    scripts = scripts and not (folder is top and _marked(folder))
    for file in left:
        if file.refused or (scripts and is_script_name(file.name)):
            yield _alone(file, folder, top)
        else:
            yield Leftover("/".join(file.parts), _SHARED if _within(folder) else _NOBODYS)
    for archive in archives:
        named = Named(_above(folder.parts, top), archive.name, top.name)
        yield StudentFiles(tuple(archive.everything()), archive.parts, named, _key(folder, top, archive.name))


def _claimed(files: Sequence[TreeFile], notebooks: Sequence[TreeFile]) -> dict[TreeFile, TreeFile]:
    """A file → the only notebook to which it belongs: by its name, or because a notebook uses it."""
    found: dict[TreeFile, TreeFile] = {}
    for file in files:
        named = [n for n in notebooks if _belongs(file, n)]
        if named:
            found[file] = max(named, key=lambda n: len(n.name))
    scripts = {f.name: f for f in files if is_script_name(f.name)}
    if not scripts:
        return found
    wants = {name: _uses(script, scripts) for name, script in scripts.items()}
    users: dict[str, set[TreeFile]] = {}
    for notebook in notebooks:
        waiting = list(_uses(notebook, scripts))
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                users.setdefault(name, set()).add(notebook)
                waiting += wants[name]
    for name, who in users.items():
        if len(who) == 1:
            found.setdefault(scripts[name], *who)
    return found


def _written(folder: TreeFolder) -> list[TreeFile]:
    """The notebooks that lie in a folder; a renamed one beside the only one is told by what is beside it."""
    by_name = [f for f in folder.files if f.is_notebook]
    if len(by_name) == 1:
        return by_name
    others = [f for f in folder.files if f.renamed]
    return [*by_name, *(f for f in others if not any(_belongs(f, n) for n in by_name))]


def _belongs(file: TreeFile, notebook: TreeFile) -> bool:
    """By its name; `hw4 (1).json` beside `hw4.ipynb` is another's, whose notebook the browser renamed."""
    if file.renamed:
        return without_ending(file.name).casefold() == stem(notebook.name).casefold()
    return _named_after(file.name, stem(notebook.name))


def _named_after(name: str, student: str) -> bool:
    """`anna.py`, `anna_helper.py`, `anna-data.csv` beside `anna.ipynb`."""
    rest = name.casefold().removeprefix(student.casefold())
    return len(rest) < len(name) and bool(student) and not rest[:1].isalnum()


def _uses(file: TreeFile, names: Collection[str]) -> set[str]:
    """Which of these files a notebook or a script imports, runs or opens."""
    try:
        text = read(file.path, file.path.parent)[:_READ]
    except Refused:
        return set()
    found = set()
    for name in names:
        bare = re.escape(name.rpartition(".")[0].encode("utf-8", "replace"))
        whole = re.escape(name.encode("utf-8", "replace"))
        wanted = rb"\b(?:import|from)[ \t]+" + bare + rb"\b|(?<![\w.-])" + whole + rb"\b"
        if re.search(wanted, text):
            found.add(name)
    return found - {file.name}


def _mentions(file: TreeFile, name: str) -> bool:
    return bool(_uses(file, (name,)))


def _a_folder_each(folders: Sequence[TreeFolder], files: int, prefer: Sequence[str]) -> bool:
    """Whether each folder is a student's: most of what lies there are folders, and they hold the same things.

    Where folders sort, each holds the notebooks of several, under names of their own.
    """
    if len(folders) < 2 or len(folders) <= files:
        return False
    names = [_names_in(f) for f in folders]
    alone = sum(_single(f) for f in folders)
    shared = len(folders) > 2 and len(set.intersection(*names)) == 1
    asked = bool(prefer) and all(
        any(sum(fnmatchcase(n.name.casefold(), p.casefold()) for n in f.everything()) == 1 for p in prefer)
        for f in folders
    )
    return alone > len(folders) / 2 or len(set.union(*names)) < len(folders) or shared or asked


def _names_in(folder: TreeFolder) -> set[str]:
    return {stem(_bare(f)).casefold() for f in folder.everything() if f.is_notebook or f.renamed}


def _called_as(folder: TreeFolder, others: Sequence[TreeFolder]) -> bool:
    """Whether a folder without a notebook is a student's: empty, or a file has the name of the others'."""
    names = {f.name.rpartition(".")[0].casefold() for f in folder.everything()}
    return not names or any(names & _names_in(o) for o in others)


def _linked(folder: TreeFolder) -> bool:
    """One student's, whatever it holds: a clone, or a notebook in it runs another."""
    if _CLONE & set(folder.hidden):
        return True
    notebooks = [f for f in folder.everything() if f.is_notebook]
    if not 1 < len(notebooks) <= 6:
        return False
    return any(_mentions(a, b.name) for a in notebooks for b in notebooks if a is not b)


def _is_one_tree(folder: TreeFolder) -> bool:
    """Whether files and folders are parts of one project: it says so, or what it holds needs the rest."""
    if _marked(folder):
        return True
    units = [f for f in folder.folders if any(f.everything())]
    sources = [f for f in folder.everything() if f.is_notebook or is_script_name(f.name)]
    holding = [u for u in units if _notebooks(u) or _has_scripts(u)]
    joined = {u.parts[-1] for u in holding if _notebooks(u)} if any(map(_notebooks, holding)) else set()
    rest = [u for u in holding if u.parts[-1] not in joined]
    if len(sources) > 200:
        return False
    # a folder of modules belongs to it when anything outside mentions it, or it mentions one that does
    return all(
        any(_mentions(s, f"{u.parts[-1]}.") for s in sources if s.parts[: len(u.parts)] != u.parts)
        or any(
            _mentions(s, f"{o.parts[-1]}.")
            for s in sources
            if s.parts[: len(u.parts)] == u.parts
            for o in holding
            if o is not u
        )
        for u in rest
    )


def _marked(folder: TreeFolder) -> bool:
    return bool(_CLONE & set(folder.hidden) or _PROJECT & {f.name for f in folder.files})


def _single(folder: TreeFolder) -> bool:
    """One notebook or one archive, or nothing but scripts."""
    return _notebooks(folder) <= 1


def _notebooks(folder: TreeFolder) -> int:
    """How many notebooks and archives there are here and below; what an archive holds is one student's."""
    return 1 if folder.archive else _within(folder)


def _within(folder: TreeFolder) -> int:
    found = sum(f.is_notebook for f in folder.files) + sum(map(_notebooks, folder.folders))
    return found or int(any(f.refused or f.renamed for f in folder.files))


def _wanted(archive: TreeFolder, notebooks: Sequence[TreeFile]) -> bool:
    """Whether the only notebook beside an archive opens it: then it is no other student's upload."""
    return len(notebooks) == 1 and _mentions(notebooks[0], archive.parts[-1])


def _archives(folder: TreeFolder) -> bool:
    return any(f.archive for f in folder.all_folders() if f is not folder)


def _has_scripts(folder: TreeFolder) -> bool:
    return any(is_script_name(f.name) for f in folder.everything())


def _count_scripts(folder: TreeFolder) -> int:
    return sum(is_script_name(f.name) for f in folder.everything())


def _scripted(folders: Collection[TreeFolder]) -> bool:
    return any(_has_scripts(f) and not _notebooks(f) for f in folders)


def _whole(folder: TreeFolder, top: TreeFolder, *, by_folder: bool = True) -> StudentFiles:
    """A folder with everything in it, named by itself or by the notebook that it holds."""
    files = tuple(folder.everything())
    main = next((f for f in files if f.is_notebook or f.refused or f.renamed), None) or next(
        (f for f in files if is_script_name(f.name)), None
    )
    held = _bare(main) if main is not None else folder.name or top.name
    if folder is top:
        return StudentFiles(files, folder.parts, Named((), held, top.name), stem(held))
    key = "/".join(_above(folder.parts, top))
    if by_folder:
        return StudentFiles(
            files, folder.parts, Named(_above(folder.parts[:-1], top), folder.name, top.name), key
        )
    return StudentFiles(files, folder.parts, Named(_above(folder.parts, top), held, top.name), key)


def _alone(file: TreeFile, folder: TreeFolder, top: TreeFolder) -> StudentFiles:
    name = _bare(file) if file.refused or file.renamed else file.name
    named = Named(_above(folder.parts, top), name, top.name)
    return StudentFiles((file,), folder.parts, named, _key(folder, top, name), own=False)


def _key(folder: TreeFolder, top: TreeFolder, name: str) -> str:
    return "/".join((*_above(folder.parts, top), stem(name)))


def _nobodys(files: Sequence[TreeFile] | Iterator[TreeFile]) -> Iterator[Leftover]:
    for file in files:
        yield Leftover("/".join(file.parts), _NOBODYS)


def _above(parts: Parts, top: TreeFolder) -> Parts:
    return tuple(map(_without_zip, parts[len(top.parts) :]))


def _bare(file: TreeFile) -> str:
    return without_ending(file.name) if file.renamed else _without_zip(file.name)


def _without_zip(name: str) -> str:
    return name[: -len(".zip")] if name.lower().endswith(".zip") and not is_notebook_name(name) else name
