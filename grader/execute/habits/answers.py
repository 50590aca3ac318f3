# mypy: ignore-errors
"""What a notebook shows as if the machine had answered otherwise.

A file that is not here, a GPU, Colab, a name of the system, a variable of the environment decide what a
notebook shows: by a branch, a loop over no files, a dict, a `match`, a level of logging, in a helper beside
it. So nothing is read from the code: the answers themselves are watched. Where the student's code asked for
one that may be another at home, or a `try` of it ended for want of something, the kernel tells so after the
last cell. Sent once more, the cells get the other answers; a statement that fails for want of something is
passed over, and what it would have given answers everything with itself. What the cells show then is no
answer, it tells whether a person has to look.
"""

import ast
import builtins
import contextlib
import copy
import functools
import importlib.machinery
import itertools
import logging
import os
import random
import re
import subprocess
import sys

from .packages import is_theirs, ours, theirs
from .stand_ins import Nothing, Widget
from .telling import tell
from .watching import when_imported

_WORDS = (str, bytes, int, float, os.PathLike, type(None))
"""what says where data are, not what they are"""
_WANTING = (OSError, ImportError, EOFError, MemoryError, subprocess.CalledProcessError)
_GPU = re.compile(r"(?i)\b(?:cuda|nvidia|mps|gpu)\b")
_CONSTANTS = {
    "sys": ("platform", "modules", "version", "version_info"),
    "os": ("name", "environ"),
}
_SYSTEMS = {"Windows": ("win32", "nt"), "Darwin": ("darwin", "posix"), "Linux": ("linux", "posix")}
_MOST_NODES, _MOST_CELLS, _MOST_TOLD, _MOST_TIMES, _MOST_PASSED = 20_000, 500, 20, 20, 200
_MOST_NESTED = 8


def _turned(kind):
    """A class of values that comparisons put on the other side of what is `here`."""

    def turn(name):
        usual = getattr(kind.__base__, name)
        setattr(kind, name, lambda self, *others: not usual(self.here, *others))

    for name in kind.turned:
        turn(name)
    return kind


@_turned
class Likely(str):
    """An answer in words that is whatever it is compared with, unless that is the answer here."""

    turned = ("__lt__", "__le__", "__gt__", "__ge__", "__contains__", "startswith", "endswith")

    def __new__(cls, words, here):
        made = super().__new__(cls, words)
        made.here = str.__str__(here)
        return made

    def __eq__(self, other):
        return isinstance(other, str) and not str.__eq__(self.here, other)

    def __ne__(self, other):
        return not self == other

    def __str__(self):
        return self

    def lower(self):
        return Likely(str.lower(self), self.here.lower())

    def strip(self, *what):
        return Likely(str.strip(self, *what), self.here.strip(*what))

    casefold, rstrip, lstrip = lower, strip, strip
    __hash__ = str.__hash__


@_turned
class _Version(tuple):
    """A version that every comparison finds on the other side."""

    turned = ("__lt__", "__le__", "__gt__", "__ge__")
    here = property(tuple)
    major, minor, micro = (property(lambda self, n=n: _Number(self[n])) for n in range(3))


@_turned
class _Number(int):
    """The same of a part of it."""

    turned = ("__lt__", "__le__", "__gt__", "__ge__", "__eq__")
    here = property(int)
    __hash__ = int.__hash__


class _Everything(dict):
    """A dict that holds every key."""

    def __contains__(self, key):
        return True


class Lost(Nothing):
    """What was computed of the notebook's values and of something that is not here: it may be an answer."""

    def _shown(self, *args):
        """Somebody sees that it is not here."""
        tell("answer", "…", "", "raised")
        return "<not shown here>"

    def __iter__(self):
        self._shown()
        return iter(())

    def _itself(self, *args, **kwargs):
        return self

    def __getattr__(self, name):
        found = super().__getattr__(name)
        return self if found is not None else found

    __call__ = __getitem__ = __add__ = __radd__ = __or__ = __and__ = _itself
    __repr__ = __str__ = __format__ = _shown


NOTHING, LOST = Nothing(), Lost()


class _Answers:
    """What one kernel's cells asked the machine, and the other answers: one of IPython's transformers.

    otherwise: give them. asked: what was asked → the request of the cell that asked it first.
    """

    def __init__(self, shell):
        self.shell, self.otherwise, self.asked, self.times = shell, False, {}, {}
        self.names, self.state, self.streams, self.cells, self.source = None, (), (), 0, ""

    # ------------------------------------------------------------------ the machine's answers

    def heard(self, about):
        """The student's code asked for this; is it to get the other answer?"""
        if not self.otherwise:
            self.asked.setdefault(about, self.shell.kernel.get_parent("shell"))
            return False
        self.times[about] = self.times.get(about, 0) + 1
        return self.times[about] <= _MOST_TIMES

    def watch(self, of, names, other):
        """Have the student's code get the other answer of these functions once it is time.

        other: (answer here, arguments) → the other one; None where there is none. An error is None here.
        """
        for name in names.split():
            usual = getattr(of, name, None)
            if usual is not None and not hasattr(usual, "__watched__"):
                setattr(of, name, self._watched(usual, f"{getattr(of, '__name__', '')}.{name}", other))

    def _watched(self, usual, about, other):
        @functools.wraps(usual)
        def watched_answer(*args, **kwargs):
            asking = sys._getframe(1)
            if ours(asking) or not theirs(asking):
                return usual(*args, **kwargs)
            error = found = None
            try:
                found = usual(*args, **kwargs)
            except Exception as raised:
                error = raised
            instead = _other(other, found, *args, **kwargs)
            if hasattr(found, "__next__"):
                return self._one_at_least(found, instead or (), about)
            if instead is not None and self.heard(about):
                return instead
            if error is not None:
                raise error
            return found

        watched_answer.__watched__ = True
        return watched_answer

    def _one_at_least(self, found, instead, about):
        """What is found one after the other."""
        empty = True
        for one in found:
            empty = False
            yield one
        if empty and self.heard(about):
            yield from instead

    def constant(self, of, name):
        """`sys.platform` and the like, of whatever has it."""
        here = getattr(of, name)
        module = getattr(of, "__name__", "")
        if name == "__version__":
            return Likely("1.8.0", here) if isinstance(here, str) and self.heard(f"{module}.{name}") else here
        if of not in (sys, os) or name not in _CONSTANTS[module] or name == "environ":
            return here
        if not self.heard(f"{module}.{name}"):
            return here
        system = self.system()
        return {
            "platform": lambda: Likely(_SYSTEMS[system][0], here),
            "name": lambda: Likely(_SYSTEMS[system][1], here),
            "modules": lambda: _Everything(here),
            "version": lambda: Likely("3.8.0", here),
            "version_info": lambda: _Version(here),
        }[name]()

    def system(self):
        """Another system: one that the notebook speaks of."""
        windows = any(name in self.source for name in ("'Windows'", "'win32'", "'nt'"))
        return "Windows" if windows or "darwin" not in self.source.casefold() else "Darwin"

    # ------------------------------------------------------------------ the student's code

    def visit(self, tree):
        """A cell of the student's."""
        silent = (self.shell.kernel.get_parent("shell") or {}).get("content", {}).get("silent")
        if silent or self.cells > _MOST_CELLS:
            return tree
        if self.names is None:
            self.names, self.state = dict(self.shell.user_ns), [*_draws()]
            self.streams = sys.stdout, sys.stderr
        self.cells += 1
        self.source += repr([n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)])[:100_000]
        _watch_torch(self, sys.modules.get("torch"))  # another habit may have had it change meanwhile
        return self.changed(tree)

    def changed(self, tree):
        """The same code, in which statements are watched."""
        nodes = [*itertools.islice(ast.walk(tree), _MOST_NODES)]
        if len(nodes) == _MOST_NODES or not (self.otherwise or any(isinstance(n, _WATCHED) for n in nodes)):
            return tree
        try:
            watched = _Watched(self.otherwise).visit(copy.deepcopy(tree))
        except (RecursionError, MemoryError):
            return tree  # it runs as it stands
        return ast.fix_missing_locations(watched)

    def fell(self):
        """A `try` ended."""
        self.suppressed(sys.exc_info()[1])

    def suppressed(self, error):
        """The same, by what stands around it."""
        if not self.otherwise and is_wanting(error):
            self.asked.setdefault(type(error).__name__, self.shell.kernel.get_parent("shell"))

    def stumbled(self, names, shows):
        """A statement failed: what it would have given, where it fails for want of something; else its error.

        names: that it uses. shows: it is called for what it does.
        """
        error, frame = sys.exc_info()[1], sys._getframe(1)
        place = (frame.f_code.co_filename, frame.f_lineno)
        self.times[place] = self.times.get(place, 0) + 1
        known = {**frame.f_globals, **frame.f_locals}
        used = [known[name] for name in names if name in known]
        unknown = isinstance(error, KeyError) and any(isinstance(key, Likely) for key in error.args)
        wants = unknown or is_wanting(error) or any(isinstance(value, Nothing) for value in used)
        if not wants or self.times[place] > _MOST_PASSED:  # or a loop would have no end
            raise error
        own = [v for v in used if not isinstance(v, _WORDS) and not callable(v) and not _is_module(v)]
        if unknown or (own and shows):
            LOST._shown()
        return LOST if own or any(value is LOST for value in used) else NOTHING

    # ------------------------------------------------------------------ once more

    def tell(self):
        """Tell what was asked."""
        for about, parent in [*self.asked.items()][:_MOST_TOLD]:
            tell("answer", about, "", "instead", parent)

    def begin_anew(self):
        """From now on the machine answers otherwise."""
        self.otherwise = True
        self.shell.user_ns.clear()
        self.shell.user_ns.update(self.names or {})
        for name, module in [*sys.modules.items()]:
            if isinstance(file := getattr(module, "__dict__", {}).get("__file__"), str) and is_theirs(file):
                del sys.modules[name]
        for back in self.state:
            back()
        sys.stdout, sys.stderr = self.streams
        logging.getLogger().handlers.clear()


def _other(other, found, *args, **kwargs):
    """The other answer; None for who asks in a way that we don't know."""
    try:
        return other(found, *args, **kwargs)
    except Exception:
        return None


def is_wanting(error):
    """Does it say that something is not here?"""
    try:
        return isinstance(error, _WANTING) or bool(_GPU.search(str(error)[:2000]))
    except Exception:  # of an error that can't be told
        return False


def _is_module(value):
    return isinstance(value, type(sys))


def _draws():
    """Calls that bring random numbers back to where they stand now."""
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    yield functools.partial(random.setstate, random.getstate())
    if numpy:
        yield functools.partial(numpy.random.set_state, numpy.random.get_state())
    if torch:
        yield functools.partial(torch.set_rng_state, torch.get_rng_state())


# ---------------------------------------------------------------------------------- what is watched


_WATCHED = (ast.Attribute, ast.ImportFrom, ast.ExceptHandler)


class _Watched(ast.NodeTransformer):
    """The first time constants and the ends of `try` are watched; once more, also every statement."""

    def __init__(self, otherwise):
        self.otherwise, self.nested = otherwise, 0

    def visit_Attribute(self, node):
        self.generic_visit(node)
        base = node.value.id if isinstance(node.value, ast.Name) else ""
        if isinstance(node.ctx, ast.Load) and (
            node.attr == "__version__" or node.attr in _CONSTANTS.get(base, ())
        ):
            return _call("__answer__", node.value, ast.Constant(node.attr))
        return node

    def visit_FormattedValue(self, node):
        """What is only shown decides nothing."""
        return node if isinstance(node.value, ast.Attribute) else self.generic_visit(node)

    def visit_Call(self, node):
        shown = isinstance(node.func, ast.Name) and node.func.id == "print"
        kept = [*node.args]
        node = self.generic_visit(node)
        if shown:
            node.args = [old if isinstance(old, ast.Attribute) else new for old, new in zip(kept, node.args)]
        return node

    def visit_ImportFrom(self, node):
        given = _CONSTANTS.get(node.module, ()) if node.level == 0 else ()
        asked = [a for a in node.names if a.name in given]
        return [node, *(self._constant(node.module, a) for a in asked)] if asked else self._statement(node)

    def _constant(self, module, alias):
        of = ast.Call(ast.Name("__import__", ast.Load()), [ast.Constant(module)], [])
        return ast.Assign(
            [ast.Name(alias.asname or alias.name, ast.Store())],
            _call("__answer__", of, ast.Constant(alias.name)),
            lineno=0,
        )

    def visit_ExceptHandler(self, node):
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(_call("__fell__")))
        return node

    def visit_Module(self, node):
        last = node.body[-1] if node.body and isinstance(node.body[-1], ast.Expr) else None
        node.body = [one for s in node.body for one in _listed(s if s is last else self.visit(s))]
        if last is not None:
            self.generic_visit(last)
            if self.otherwise and not any(isinstance(n, _BOUND_HERE) for n in ast.walk(last)):
                alone = ast.Lambda(_NO_ARGUMENTS, last.value)  # whose value the cell shows
                last.value = _call("__tried__", alone, ast.Constant(_used(last)))
        return node

    def _statement(self, node):
        """Passed over where it fails for want of something."""
        self.nested += 1
        used, bound = _used(node), _bound(node)
        self.generic_visit(node)
        self.nested -= 1
        first = getattr(node, "module", "") == "__future__" or isinstance(
            getattr(node, "value", None), ast.Constant
        )
        if not self.otherwise or self.nested > _MOST_NESTED or first:
            return node
        instead = _call("__stumbled__", ast.Constant(used), ast.Constant(isinstance(node, ast.Expr)))
        targets = [ast.Name(name, ast.Store()) for name in bound]
        body = ast.Return(instead) if isinstance(node, ast.Return) else ast.Expr(instead)
        body = ast.Assign(targets, instead, lineno=0) if targets else body
        handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), None, [body])
        return ast.Try([node], [handler], [], [])

    visit_Expr = visit_Assign = visit_AnnAssign = visit_AugAssign = visit_Import = visit_Return = _statement
    visit_With = visit_For = visit_While = visit_If = visit_Assert = visit_Match = visit_Delete = _statement


_BOUND_HERE = (ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom)
_NO_ARGUMENTS = ast.arguments([], [], None, [], [], None, [])


def _listed(found):
    return found if isinstance(found, list) else [found] if found is not None else []


def _used(node):
    """Names whose values it uses."""
    return tuple(sorted({n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - _bound(node)))


def _bound(node):
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(a.asname or a.name).partition(".")[0] for a in node.names if a.name != "*"}
    found = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    return {n.id for n in found if isinstance(n.ctx, ast.Store)}


def _call(name, *arguments):
    return ast.Call(ast.Name(name, ast.Load()), [*arguments], [])


def _tried(answers):
    def tried(compute, names):
        try:
            return compute()
        except Exception:
            return answers.stumbled(names, True) and None

    return tried


# ---------------------------------------------------------------------------------- other answers


def _is_there(found, *args, **kwargs):
    return None if found else True


def _named(pattern):
    """A name that a pattern may find."""
    return re.sub(r"\[[^\]]*\]|[*?]+", "a", str(pattern))


def _setting(found, key, default=None):
    """What a variable of the environment may say that is not set here."""
    if found is not None and found is not default:
        return None
    if isinstance(default, str) and default.upper() in logging.getLevelNamesMapping():
        return "DEBUG"
    return Likely("1", default if isinstance(default, str) else "")


def _usual_get(self, key, default=None):
    kept = self._data.get(self.encodekey(key))
    return default if kept is None else self.decodevalue(kept)


def _in_words(words):
    return lambda found, *args, **kwargs: Likely(words, found) if isinstance(found, str) else None


def _count(found, *args, **kwargs):
    return 8


def _done(found, *args, **kwargs):
    """A program that went well."""
    if found is None or not found.returncode:
        return None
    return subprocess.CompletedProcess(found.args, 0, found.stdout, found.stderr)


def _watch_torch(answers, torch):
    for name in ("cuda", "backends.mps", "backends.cudnn", "xpu", "accelerator"):
        of = functools.reduce(lambda of, part: getattr(of, part, None), name.split("."), torch)
        answers.watch(of, "is_available is_built", _is_there)
        answers.watch(of, "device_count", lambda found: None if found else 1)
        answers.watch(of, "get_device_name", lambda found, *which: Likely("Tesla T4", found or ""))


def _watch_files(answers):
    import glob
    import pathlib

    answers.watch(os.path, "exists isfile isdir lexists", _is_there)
    answers.watch(os, "access", _is_there)
    answers.watch(os, "listdir", lambda found, *args: None if found else ["a"])
    answers.watch(os, "walk", lambda found, top, *args, **kwargs: [(top, [], ["a"])])
    answers.watch(glob, "glob", lambda found, pattern, *args, **kwargs: None if found else [_named(pattern)])
    answers.watch(glob, "iglob", lambda found, pattern, *args, **kwargs: [_named(pattern)])
    path = pathlib.Path
    answers.watch(path, "exists is_file is_dir", _is_there)
    answers.watch(path, "glob rglob", lambda found, folder, pattern, **kwargs: [folder / _named(pattern)])
    answers.watch(path, "iterdir", lambda found, folder: [folder / "a"])


def _watch_machine(answers):
    import getpass
    import importlib.util
    import locale
    import multiprocessing
    import platform
    import shutil
    import socket

    variables = type(os.environ)
    variables.get = _usual_get
    answers.watch(variables, "get", lambda found, self, key, default=None: _setting(found, key, default))
    answers.watch(variables, "__getitem__", lambda found, self, key: _setting(found, key))
    answers.watch(variables, "__contains__", _is_there)
    answers.watch(os, "getenv", _setting)
    answers.watch(os, "cpu_count", _count)
    answers.watch(multiprocessing, "cpu_count", _count)
    answers.watch(os, "getcwd getlogin", _in_words("/home"))
    answers.watch(getpass, "getuser", _in_words("me"))
    answers.watch(socket, "gethostname", _in_words("machine"))
    answers.watch(shutil, "which", lambda found, name, *args, **kwargs: None if found else f"/usr/bin/{name}")
    answers.watch(importlib.util, "find_spec", lambda found, *args: None if found else NOTHING)
    answers.watch(platform, "system", lambda found: Likely(answers.system(), found))
    answers.watch(platform, "platform machine node release processor python_version", _in_words("11"))
    answers.watch(locale, "getlocale", lambda found, *args: (Likely("en_US", found[0] or ""), "UTF-8"))
    when_imported("psutil", lambda psutil: answers.watch(psutil, "cpu_count", _count))
    answers.watch(type(answers.shell), "__repr__", _in_words("<google.colab.Shell>"))
    answers.watch(os, "system", lambda found, command: 0 if found else None)
    answers.watch(subprocess, "call", lambda found, *args, **kwargs: 0 if found else None)
    answers.watch(subprocess, "run", _done)
    answers.watch(answers.shell, "getoutput", lambda found, *args: [Likely("1", "\n".join(found or ()))])
    Widget.on_click = lambda button, click, **kwargs: answers.heard("on_click") and click(button)


def _files_too(answers):
    """The student's own modules are watched as the cells are."""
    loader = importlib.machinery.SourceFileLoader
    usual = loader.get_code

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        if not is_theirs(path):
            return usual(self, fullname)
        tree = ast.parse(self.get_data(path), path)
        return compile(answers.changed(tree), path, "exec", dont_inherit=True)

    loader.get_code = get_code


def install(shell):
    answers = _Answers(shell)
    _watch_files(answers)
    _watch_machine(answers)
    _files_too(answers)
    builtins.__answer__, builtins.__fell__ = answers.constant, answers.fell
    builtins.__stumbled__, builtins.__tried__ = answers.stumbled, _tried(answers)
    shell.ast_transformers.append(answers)
    shell.otherwise = answers.begin_anew
    leave = contextlib.suppress.__exit__

    def leave_and_tell(self, kind, error, trace):
        answers.suppressed(error)
        return leave(self, kind, error, trace)

    contextlib.suppress.__exit__ = leave_and_tell
    stay, asks = shell.stay, shell.kernel.raw_input

    def nobody(prompt="", *args, **kwargs):
        said = asks(prompt, *args, **kwargs)
        return Likely("1", "") if answers.heard("input()") else said

    async def stay_and_tell(seconds):
        await stay(seconds)
        answers.tell()

    shell.stay, shell.kernel.raw_input = stay_and_tell, nobody
