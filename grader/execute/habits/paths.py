# mypy: ignore-errors
"""A path of another machine finds the file of that name that was handed in or that the course gives.

`/content/drive/MyDrive/data.csv`, `C:\\Users\\me\\data.csv`, `../data.csv`, `Data.csv` and the like, where
nothing is there under the path itself and one file beside the notebook has the name. What is written to a
place that does not exist here goes to a folder of the working directory, and is found there again. A folder
that is not here is the working directory. A download of a file that is here is that file.
"""

import builtins
import io
import os
import re
import sys

from .packages import ours, theirs
from .telling import tell
from .watching import when_imported

_ELSEWHERE = ".elsewhere"
_MOST_FILES = 4000
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_DATA = re.compile(
    r"(?i)\.(?:csv|tsv|txt|json|npy|npz|pt|pth|ckpt|pkl|pickle|mat|h5|hdf5|xlsx?|parquet|zip|gz|png|jpe?g)\Z"
)
_COPY = re.compile(r" ?\(\d+\)(?=\.\w+\Z|\Z)")


class Finder:
    """Where paths of another machine lead, below `home`."""

    def __init__(self, home):
        self.home = home
        self._stat = os.stat

    def parts(self, path):
        return [p for p in re.split(r"[\\/]+", path) if p not in ("", ".", "..", "~") and not p.endswith(":")]

    def foreign(self, path):
        """Is it a place that is not on this machine, or a folder for passing things that is closed here?"""
        if path.startswith(self.home):
            return False
        if _DRIVE.match(path) or path.startswith(("~", "\\\\", "/tmp/")):
            return True
        if not path.startswith("/"):
            return path.startswith("..") and not self.holds(path)
        return not self._exists(os.path.dirname(path.rstrip("/"))[:1000])

    def holds(self, path):
        """Is it the student's folder, or in it?"""
        return os.path.join(os.path.abspath(path), "").startswith(self.home)

    def _exists(self, folder):
        try:
            self._stat(folder)
        except OSError:
            return False
        return folder != "/"

    def there(self, path):
        """The file that a path for reading means, "" if there is none or more than one."""
        parts = self.parts(path)
        if not parts:
            return ""
        if kept := self.kept(path):
            return kept
        found = self._named(parts[-1])
        if len(found) > 1:
            depth = min(f.count("/") for f in found)
            found = [f for f in found if f.count("/") == depth]
        return found[0] if len(found) == 1 else ""

    def kept(self, path):
        """What was written under this path here; "" if nothing was."""
        kept = os.path.join(self.home, _ELSEWHERE, *self.parts(path))
        return kept if os.path.lexists(kept) else ""

    def place(self, path):
        """Where a path for writing leads, its folders made; "" for a closed place of this machine."""
        if self.foreign(path):
            path = os.path.join(self.home, _ELSEWHERE, *self.parts(path))
        elif path.startswith("/") and not path.startswith(self.home):
            return ""
        folder = os.path.dirname(path)
        if folder:
            _makedirs(folder, exist_ok=True)
        return path

    def _named(self, name):
        files = self._all()
        same = [f for f in files if os.path.basename(f) == name]
        if same:
            return same
        plain = _COPY.sub("", name).casefold()
        return [f for f in files if _COPY.sub("", os.path.basename(f)).casefold() == plain]

    def _all(self):
        found = []
        for folder, folders, names in os.walk(self.home):
            folders[:] = [f for f in folders if not f.startswith(".")]
            found += [os.path.join(folder, name) for name in names]
            if len(found) > _MOST_FILES:
                break
        return found


_makedirs = os.makedirs


def _text(path):
    """The path as text; None where it is a descriptor or something else."""
    if isinstance(path, (str, bytes, os.PathLike)):
        try:
            return os.fsdecode(path)
        except (TypeError, ValueError):
            return None
    return None


def _absent(path, call, effect):
    """A file of data that is not here: the notebook may go on without it, and print something else."""
    name = re.split(r"[\\/]", path)[-1]
    if _DATA.search(name):
        tell("file", name, f"{call}({path!r})", effect)


def _looked(path):
    """`os.path.exists`, `Path.exists` and the like, if the student's code calls them."""
    frame = sys._getframe(2)
    for _ in range(2):
        asking = frame.f_back
        if asking is not None and asking.f_code.co_name == "watched_answer":  # it only asks on
            asking = asking.f_back
        if asking is None or ours(frame) or ours(asking):
            return
        if theirs(asking):
            _absent(path, frame.f_code.co_name, "changed")
            return
        frame = asking


def _told(path, place, home):
    name = os.path.relpath(place, home)
    tell("path", path.replace("\\", "/").rpartition("/")[2], f"{path} → {name}", "instead")


def install(shell):
    finder = Finder(os.path.join(os.getcwd(), ""))
    _open_files(finder)
    _look_at_files(finder)
    _go_to_folders(finder)
    when_imported("urllib.request", lambda module: _fetch(module, finder))
    when_imported("torch", lambda torch: _save(torch, finder))
    when_imported("sqlite3", lambda sqlite3: _connect(sqlite3, finder))
    when_imported("pandas.io.common", lambda common: _write_tables(common, finder))


def _save(torch, finder):
    """torch writes its files itself."""
    save = torch.save

    def save_here(obj, f, *args, **kwargs):
        path = _text(f)
        if path is not None and finder.foreign(path):
            f = finder.place(path)
            _told(path, f, finder.home)
        return save(obj, f, *args, **kwargs)

    torch.save = save_here


def _open_files(finder):
    opened = io.open

    def open(file, mode="r", *args, **kwargs):
        try:
            return opened(file, mode, *args, **kwargs)
        except (FileNotFoundError, PermissionError, NotADirectoryError, OSError) as error:
            path = _text(file)
            if (
                path is None
                or isinstance(error, (FileExistsError, IsADirectoryError))
                or error.errno in (24, 28)
            ):
                raise
            writes = isinstance(mode, str) and set(mode) & set("wax")
            place = finder.place(path) if writes else finder.there(path)
            if not place:
                asking = sys._getframe(1)
                near = theirs(asking) or theirs(
                    asking.f_back
                )  # of what calls `open`, in a cell that is IPython
                if not writes and not ours(asking) and (near or not path.startswith("/")):
                    _absent(path, "open", "raised")
                raise
            _told(path, place, finder.home)
            return opened(place, mode, *args, **kwargs)

    from IPython.core import interactiveshell

    builtins.open = io.open = interactiveshell.io_open = open  # the last is what `open` in a cell calls
    when_imported("tarfile", lambda m: setattr(m, "bltn_open", open))
    when_imported("bz2", lambda m: setattr(m, "_builtin_open", open))
    when_imported("numpy.lib._datasource", lambda m: m._file_openers._file_openers.update({None: open}))


def _look_at_files(finder):
    stat = os.stat

    def stat_there(path, *args, **kwargs):
        try:
            return stat(path, *args, **kwargs)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            text = _text(path)
            if text is None or args or kwargs.keys() - {"follow_symlinks"}:
                raise
            place = finder.there(text) if finder.foreign(text) else ""
            if not place:
                _looked(text)
                raise
            return stat(place)

    os.stat = stat_there


def _go_to_folders(finder):
    chdir, listdir, mkdir = os.chdir, os.listdir, os.mkdir

    def chdir_here(path):
        try:
            if (text := _text(path)) is not None and not finder.holds(text):
                listdir(text)  # a folder of which nothing can be seen is as good as none
            return chdir(path)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            text = _text(path)
            if text is None:
                raise
            _told(text, finder.home, finder.home)
            return None

    def listdir_here(path=None):
        try:
            return listdir(path)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            text = _text(path)
            if text is None or not finder.foreign(text):
                raise
            _told(text, finder.home, finder.home)
            names = {name for name in listdir(finder.home) if not name.startswith(".")}
            kept = finder.there(text)
            return sorted(names | {*(listdir(kept) if os.path.isdir(kept) else ())})

    def mkdir_here(path, mode=0o777, **kwargs):
        text = _text(path)
        if text is None or not finder.foreign(text):
            return mkdir(path, mode, **kwargs)
        _made(text)
        return None

    def makedirs_here(name, mode=0o777, exist_ok=False):
        text = _text(name)
        if text is None or not finder.foreign(text):
            return _makedirs(name, mode, exist_ok)
        _made(text)
        return None

    def _made(text):
        place = os.path.join(finder.home, _ELSEWHERE, *finder.parts(text))
        _told(text, place, finder.home)
        _makedirs(place, exist_ok=True)

    os.chdir, os.listdir, os.mkdir, os.makedirs = chdir_here, listdir_here, mkdir_here, makedirs_here
    for name in ("rename", "replace"):
        setattr(os, name, _move(getattr(os, name), finder))
    for name in ("remove", "unlink", "rmdir", "scandir", "lstat", "utime", "chmod", "access", "open"):
        setattr(os, name, _kept(getattr(os, name), finder))


def _move(usual, finder):
    def move(src, dst, **kwargs):
        source, target = _text(src), _text(dst)
        if source and finder.foreign(source):
            src = finder.kept(source) or src
        if target and finder.foreign(target):
            dst = finder.place(target) or dst
        return usual(src, dst, **kwargs)

    return move


def _kept(usual, finder):
    """The same, with what was written under a path of another machine in place of the path."""

    def here(path=".", *args, **kwargs):
        text = _text(path)
        return usual((text and finder.foreign(text) and finder.kept(text)) or path, *args, **kwargs)

    return here


def _write_tables(common, finder):
    """pandas looks for the folder before it opens a file."""
    check = common.check_parent_directory

    def check_here(path):
        if not finder.foreign(str(path)):
            check(path)

    common.check_parent_directory = check_here


def _connect(sqlite3, finder):
    """A database is opened by a library of C."""
    connect = sqlite3.connect

    def connect_here(database, *args, **kwargs):
        text = _text(database)
        if text and finder.foreign(text):
            database = finder.there(text) or finder.place(text)
            _told(text, database, finder.home)
        return connect(database, *args, **kwargs)

    sqlite3.connect = connect_here


def _fetch(request, finder):
    urlopen, retrieve = request.urlopen, request.urlretrieve

    def name_in(url):
        url = getattr(url, "full_url", url)
        return url.partition("?")[0] if isinstance(url, str) and "://" in url else ""

    def urlopen_here(url, *args, **kwargs):
        place = finder.there(name_in(url)) if name_in(url) else ""
        if not place:
            tell("network", "", f"urlopen({str(getattr(url, 'full_url', url))[:150]!r})", "raised")
            return urlopen(url, *args, **kwargs)
        _told(str(name_in(url)), place, finder.home)
        from email.message import Message
        from urllib.response import addinfourl

        return addinfourl(open(place, "rb"), Message(), name_in(url), 200)

    def urlretrieve_here(url, filename=None, reporthook=None, data=None):
        place = finder.there(name_in(url)) if name_in(url) else ""
        if not place:
            tell("network", "", f"urlretrieve({str(url)[:150]!r})", "raised")
            return retrieve(url, filename, reporthook, data)
        _told(str(name_in(url)), place, finder.home)
        if filename is None:
            return place, None
        if os.path.abspath(filename) != place:
            with open(place, "rb") as source, open(filename, "wb") as target:
                target.write(source.read())
        return filename, None

    request.urlopen, request.urlretrieve = urlopen_here, urlretrieve_here
