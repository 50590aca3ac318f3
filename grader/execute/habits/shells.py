# mypy: ignore-errors
"""A small shell for harmless commands on the student's own files; it starts nothing.

`run(line)` gives the exit status, what goes to standard output and what to standard error. What is not
known here ends as in a shell without that command: status 127.
"""

import glob
import os
import re
import runpy
import shlex
import shutil
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

from .telling import WHERE, tell


def _words(text):
    return frozenset(text.split())


_SHOWS = _words("""
nvidia-smi nvcc rocm-smi lscpu lspci lsb_release free df du top htop ps uptime tree tput stty code open
xdg-open explorer start say notify-send tensorboard ngrok vim nano less more man screen tmux
""")
"""only show something that is not of the notebook's making, so that nothing is lost without them"""
_FETCHES = _words("""
wget curl gdown kaggle git aria2c huggingface-cli hf tar 7z unrar gunzip gzip rsync scp svn aws gsutil
""")
"""bring files that the next cells may need"""
_INSTALLS = _words("""
pip pip3 conda mamba micromamba uv poetry pipenv apt apt-get apt-mark aptitude brew yum npm
""")
_PYTHONS = re.compile(r"(?:python|pypy|ipython)[\d.]*(?:\.exe)?\Z")
_OPERATORS = frozenset({";", "&&", "||", "|", "&", ";;"})
_MOST = 1 << 20
"""characters of a file that `cat` and its kin show"""


class StatusError(Exception):
    """A command failed: status and what it says."""

    def __init__(self, code, text=""):
        super().__init__(code)
        self.code, self.text = code, text


def run(line, stdin=""):
    """The status, output and errors of a line, or of a script of several."""
    out, err = StringIO(), StringIO()
    code = 0
    for part in _lines(line):
        code = _list(part, stdin, out, err)
    return code, out.getvalue(), err.getvalue()


def run_words(words, stdin=""):
    """The same for one command that is given in words."""
    out, err = StringIO(), StringIO()
    return _command([str(w) for w in words], stdin, out, err), out.getvalue(), err.getvalue()


def _lines(text):
    text = text.replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _list(line, stdin, out, err):
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
        lexer.whitespace_split = True
        lexer.commenters = "#"
        tokens = [*lexer]
    except ValueError as error:
        err.write(f"sh: syntax error: {error}\n")
        return 2
    code, words, wanted = 0, [], None
    for token in [*tokens, ";"]:
        if token not in _OPERATORS or token == "|":
            words.append(token)
            continue
        if words and (wanted is None or (wanted == "&&") == (code == 0)):
            code = _pipeline(words, stdin, out, err)
        words, wanted = [], token if token in ("&&", "||") else None
    return code


def _pipeline(words, stdin, out, err):
    parts, part = [], []
    for word in words:
        if word == "|":
            parts.append(part)
            part = []
        else:
            part.append(word)
    parts.append(part)
    code = 0
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        here = StringIO()
        code = _redirected(part, stdin, out if last else here, err)
        stdin = here.getvalue()
    return code


def _redirected(words, stdin, out, err):
    kept, target, mode, rest = [], None, "w", iter(words)
    for word in rest:
        if word in (">", ">>", ">&", "&>", "&>>", "<", ">|"):
            name = next(rest, "")
            stream = kept.pop() if kept and kept[-1] in ("1", "2") and word.startswith(">") else "1"
            if word == "<":
                with open(name, errors="replace") as file:
                    stdin = file.read()
            elif word == ">&":
                err = out if stream == "2" else err
            elif stream == "2":
                err = StringIO()
            else:
                target, mode = name, "a" if word.endswith(">>") else "w"
        else:
            kept.append(word)
    if target is None:
        return _command(kept, stdin, out, err)
    here = StringIO()
    code = _command(kept, stdin, here, err)
    if target != "/dev/null":
        with open(target, mode) as file:
            file.write(here.getvalue())
    return code


def _expanded(words):
    for word in words:
        whole = os.path.expandvars(os.path.expanduser(word))
        found = sorted(glob.glob(whole)) if any(c in whole for c in "*?[") else []
        yield from found or [whole]


def _command(words, stdin, out, err):
    while words and re.match(r"[A-Za-z_]\w*=", words[0]):
        words = words[1:]
    if not words:
        return 0
    name, *arguments = [*_expanded(words)]
    name = os.path.basename(name.replace("\\", "/"))
    if name == "sudo" and arguments:
        name, *arguments = arguments
    try:
        return _call(name, arguments, stdin, out, err) or 0
    except StatusError as failed:
        err.write(f"{name}: {failed.text}\n" if failed.text else "")
        return failed.code
    except OSError as error:
        err.write(f"{name}: {error.filename or ''}: {error.strerror or error}\n")
        return 1


def _call(name, arguments, stdin, out, err):
    call = shlex.join([name, *arguments])
    if name in _COMMANDS:
        return _COMMANDS[name](arguments, stdin, out)
    if _PYTHONS.match(name):
        return _python(arguments, stdin, out, err, call)
    if name in ("sh", "bash", "zsh", "dash", "cmd"):
        return _shell(arguments, stdin, out, err)
    if name in _INSTALLS:
        return _install(name, arguments, out)
    if name in ("wget", "curl") and _brought(arguments):
        tell("network", name, call, "instead")
        return 0
    git_clone = name != "git" or any(a in ("clone", "pull", "lfs") for a in arguments)
    effect = "instead" if name in _SHOWS or not git_clone else "changed" if name in _FETCHES else "skipped"
    tell("command", name, call, effect)
    raise StatusError(127, f"not found: other programs can't be started {WHERE}")


def _brought(arguments):
    """Whether what is to be fetched lies here already, handed in or given by the course."""
    names = [a.rstrip("/").rpartition("/")[2].partition("?")[0] for a in arguments if "://" in a]
    return bool(names) and all(name and os.path.isfile(name) for name in names)


# ------------------------------------------------------------------------------ Python


def _python(arguments, stdin, out, err, call):
    """A script of the student's in this process, as `%run` does it, in a namespace of its own."""
    options = [*arguments]
    while options and options[0] in ("-u", "-B", "-O", "-OO", "-q", "-s", "-E", "-I", "-X", "-W"):
        if options.pop(0) in ("-X", "-W") and options:
            options.pop(0)
    if not options:
        return _in_python(
            lambda: exec(compile(stdin, "<stdin>", "exec"), {"__name__": "__main__"}), ["-"], out, err
        )
    first, *rest = options
    if first in ("-V", "--version"):
        out.write(f"Python {sys.version.split()[0]}\n")
        return 0
    if first.startswith("-c"):
        code, rest = (first[2:], rest) if len(first) > 2 else (rest[0] if rest else "", rest[1:])
        return _in_python(
            lambda: exec(compile(code, "<string>", "exec"), {"__name__": "__main__"}), ["-c", *rest], out, err
        )
    if first == "-m" and rest:
        if rest[0] in ("pip", "conda"):
            return _install("pip", rest[1:], out)
        module = rest[0].partition(".")[0]
        if os.path.exists(module) or os.path.exists(f"{module}.py"):
            return _in_python(
                lambda: runpy.run_module(rest[0], run_name="__main__", alter_sys=False), rest, out, err
            )
        tell("command", f"python -m {rest[0]}", call, "skipped")
        raise StatusError(1, f"-m {rest[0]}: other programs can't be started {WHERE}")
    if not os.path.isfile(first):
        tell("file", os.path.basename(first), call, "skipped")
        raise StatusError(2, f"can't open file '{first}': [Errno 2] No such file or directory")
    return _in_python(lambda: runpy.run_path(first, run_name="__main__"), [first, *rest], out, err)


def _in_python(work, argv, out, err):
    import traceback

    before, path = sys.argv, [*sys.path]
    state = _states()
    sys.argv = [*argv]
    if argv[0] not in ("-", "-c"):
        sys.path.insert(0, os.path.dirname(os.path.abspath(argv[0])))
    try:
        with redirect_stdout(out), redirect_stderr(err):
            work()
    except SystemExit as end:
        if isinstance(end.code, str):
            err.write(end.code + "\n")
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except Exception:
        err.write(traceback.format_exc())
        return 1
    finally:
        sys.argv, sys.path[:] = before, path
        for restore, before_it in state:
            restore(before_it)
    return 0


def _states():
    """What a process of its own would not have shared: the generators of random numbers, print options."""
    import random

    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    found = [(random.setstate, random.getstate())]
    if numpy is not None:
        found.append((numpy.random.set_state, numpy.random.get_state()))
        found.append((lambda options: numpy.set_printoptions(**options), numpy.get_printoptions()))
    if torch is not None:
        found.append((torch.set_rng_state, torch.get_rng_state()))
        found.append((torch.set_default_dtype, torch.get_default_dtype()))
    return found


def _shell(arguments, stdin, out, err):
    if arguments[:1] in (["-c"], ["-lc"], ["/c"]):
        text = " ".join(arguments[1:2])
    elif arguments and os.path.isfile(arguments[-1]):
        with open(arguments[-1], errors="replace") as file:
            text = file.read(_MOST)
    else:
        text = stdin
    code, said, wrong = run(text)
    out.write(said)
    err.write(wrong)
    return code


def _install(name, arguments, out):
    """Packages that are there are there; others can't be had, and the next line runs all the same."""
    import importlib.util

    asked = [
        re.split(r"[<>=!~\[;@ ]", a)[0]
        for a in arguments[1:]
        if not a.startswith(("-", ".", "/", "http", "git+"))
    ]
    if arguments[:1] not in (["install"], ["add"]) or not asked:
        return 0
    absent = []
    for package in asked:
        module = _MODULES.get(package.lower(), package.lower().replace("-", "_"))
        try:
            there = importlib.util.find_spec(module) is not None
        except (ImportError, ValueError):
            there = False
        if there:
            out.write(f"Requirement already satisfied: {package}\n")
        else:
            absent.append(package)
    for package in absent:
        out.write(f"{package} can't be installed {WHERE}; this was skipped.\n")
    if absent:  # whoever imports it is told so, and only then is anything lost
        tell("package", absent[0], f"{name} {' '.join(arguments)}", "instead")
    return 0


_MODULES = {
    "scikit-learn": "sklearn",
    "pillow": "PIL",
    "pyyaml": "yaml",
    "opencv-python": "cv2",
    "ipython": "IPython",
    "python-dateutil": "dateutil",
    "beautifulsoup4": "bs4",
    "pytorch": "torch",
}


# ---------------------------------------------------------------------------- commands


def _read(name):
    if os.path.isdir(name):
        raise StatusError(1, f"{name}: Is a directory")
    with open(name, errors="replace") as file:
        return file.read(_MOST)


def _split(arguments, valued=""):
    """Options and the rest; an option in `valued` takes the next word."""
    options, names, rest = {}, [], iter(arguments)
    for word in rest:
        if word.startswith("-") and len(word) > 1 and not word.lstrip("-").isdigit():
            letter = word.lstrip("-")[:1]
            value = word.lstrip("-")[1:].lstrip("=")
            options[letter] = value or (next(rest, "") if letter and letter in valued else "")
            for more in word[1:] if not word.startswith("--") else "":
                options.setdefault(more, "")
        elif word.startswith("-") and len(word) > 1:
            options["n"] = word.lstrip("-")
        else:
            names.append(word)
    return options, names


def cat(arguments, stdin, out):
    _, names = _split(arguments)
    for name in names:
        out.write(_read(name))
    if not names:
        out.write(stdin)


def _ends(arguments, stdin, out, first):
    options, names = _split(arguments, "nc")
    count = int(options.get("n") or 10)
    for name in names or [None]:
        lines = (stdin if name is None else _read(name)).splitlines(keepends=True)
        if len(names) > 1:
            out.write(f"==> {name} <==\n")
        out.writelines(lines[:count] if first else lines[-count:] if count else [])


def head(arguments, stdin, out):
    _ends(arguments, stdin, out, True)


def tail(arguments, stdin, out):
    _ends(arguments, stdin, out, False)


def wc(arguments, stdin, out):
    options, names = _split(arguments)
    for name in names or [None]:
        text = stdin if name is None else _read(name)
        counts = {"l": text.count("\n"), "w": len(text.split()), "c": len(text.encode()), "m": len(text)}
        wanted = [k for k in "lwcm" if k in options] or ["l", "w", "c"]
        out.write(" ".join(str(counts[k]) for k in wanted) + (f" {name}" if name is not None else "") + "\n")


def ls(arguments, stdin, out):
    options, names = _split(arguments)
    for name in names or ["."]:
        if not os.path.exists(name):
            raise StatusError(2, f"cannot access '{name}': No such file or directory")
        entries = sorted(os.listdir(name)) if os.path.isdir(name) else [name]
        for entry in entries:
            if entry.startswith(".") and "a" not in options:
                continue
            size = f"{os.path.getsize(os.path.join(name, entry) if os.path.isdir(name) else entry)} "
            out.write(f"{size if 'l' in options else ''}{entry}\n")


def pwd(arguments, stdin, out):
    out.write(os.getcwd() + "\n")


def echo(arguments, stdin, out):
    bare = arguments[:1] in (["-n"], ["-e"], ["-ne"])
    words = arguments[1:] if bare else arguments
    out.write(" ".join(words) + ("" if bare and "n" in arguments[0] else "\n"))


def mkdir(arguments, stdin, out):
    options, names = _split(arguments)
    for name in names:
        os.makedirs(name, exist_ok="p" in options)


def rm(arguments, stdin, out):
    options, names = _split(arguments)
    for name in names:
        if os.path.isdir(name) and not os.path.islink(name):
            if not {"r", "R"} & options.keys():
                raise StatusError(1, f"cannot remove '{name}': Is a directory")
            shutil.rmtree(name)
        elif os.path.lexists(name):
            os.unlink(name)
        elif "f" not in options:
            raise StatusError(1, f"cannot remove '{name}': No such file or directory")


def cp(arguments, stdin, out):
    _, names = _split(arguments)
    *names, to = names or [""]
    for name in names:
        if os.path.isdir(name):
            shutil.copytree(name, to, dirs_exist_ok=True)
        else:
            shutil.copyfile(name, os.path.join(to, os.path.basename(name)) if os.path.isdir(to) else to)


def mv(arguments, stdin, out):
    _, names = _split(arguments)
    for name in names[:-1]:
        shutil.move(name, names[-1])


def touch(arguments, stdin, out):
    for name in _split(arguments)[1]:
        open(name, "a").close()


def cd(arguments, stdin, out):
    if arguments and not os.path.isdir(arguments[0]):
        raise StatusError(1, f"{arguments[0]}: No such file or directory")


def which(arguments, stdin, out):
    known = [a for a in arguments if a in _COMMANDS or _PYTHONS.match(a)]
    out.writelines(f"/usr/bin/{name}\n" for name in known)
    return 0 if len(known) == len(arguments) else 1


def date(arguments, stdin, out):
    out.write(time.strftime("%a %b %d %H:%M:%S %Z %Y") + "\n")


def unzip(arguments, stdin, out):
    import zipfile

    options, names = _split(arguments, "d")
    for name in names[:1]:
        try:
            with zipfile.ZipFile(name) as archive:
                archive.extractall(options.get("d") or ".")
        except zipfile.BadZipFile as error:
            raise StatusError(9, str(error)) from None


def grep(arguments, stdin, out):
    options, names = _split(arguments, "e")
    pattern = options.get("e") or (names.pop(0) if names else "")
    try:
        found = re.compile(pattern, re.IGNORECASE if "i" in options else 0)
    except re.error as error:
        raise StatusError(2, str(error)) from None
    lines = [line for name in names for line in _read(name).splitlines()] if names else stdin.splitlines()
    kept = [line for line in lines if bool(found.search(line)) != ("v" in options)]
    out.writelines([f"{len(kept)}\n"] if "c" in options else [line + "\n" for line in kept])
    return 0 if kept else 1


def _saying(text):
    return lambda arguments, stdin, out: out.write(text) and 0


_OWN = (cat, head, tail, wc, ls, pwd, echo, mkdir, rm, cp, mv, touch, cd, which, date, unzip, grep)
_NOTHING = (
    "true",
    ":",
    "clear",
    "cls",
    "reset",
    "export",
    "set",
    "sleep",
    "chmod",
    "chown",
    "sync",
    "source",
)
_COMMANDS = {
    **{f.__name__: f for f in _OWN},
    **dict.fromkeys(_NOTHING, lambda arguments, stdin, out: 0),
    "dir": ls,
    "type": cat,
    "false": lambda arguments, stdin, out: 1,
    "whoami": _saying("student\n"),
    "hostname": _saying("grader\n"),
    "uname": _saying("Linux\n"),
    "nproc": _saying("1\n"),
}
