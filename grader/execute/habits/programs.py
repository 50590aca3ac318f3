# mypy: ignore-errors
"""Every way to start a program goes to the small shell of `shells`, which starts none.

`!command`, `%%bash`, `%pip` and their kin, `os.system`, `os.popen` and all of `subprocess`. What would make
this process another one (`os.exec*`) or copy it (`os.fork`) raises.
"""

import io
import os
import shlex
import subprocess
import sys

from .shells import run, run_words
from .telling import WHERE, tell
from .watching import when_imported


def _printed(code, out, err):
    sys.stdout.write(out)
    sys.stderr.write(err)
    return code


def _system(command):
    code = _printed(*run(os.fsdecode(command)))
    return code << 8


def _text_of(data, encoding, errors):
    return data.decode(encoding or "utf-8", errors or "strict") if isinstance(data, bytes) else data or ""


class _Shown(io.TextIOWrapper):
    """What a program wrote, as text."""

    def __init__(self, text):
        super().__init__(io.BytesIO(text.encode("utf-8", "replace")), encoding="utf-8")


def _start(self, args, bufsize=-1, executable=None, stdin=None, stdout=None, stderr=None, preexec_fn=None,
           close_fds=True, shell=False, cwd=None, env=None, universal_newlines=None, startupinfo=None,
           creationflags=0, restore_signals=True, start_new_session=False, pass_fds=(), *, user=None,
           group=None, extra_groups=None, encoding=None, errors=None, text=None, umask=-1, pipesize=-1,
           process_group=None):  # fmt: skip
    """`Popen.__init__`: a program without a script to read from runs at once, and is over."""
    self.args = args
    self.returncode = None
    self.pid = os.getpid()
    self.encoding, self.errors = encoding, errors
    self.text_mode = bool(encoding or errors or text or universal_newlines)
    self._job = (args, shell, cwd, stdout, stderr)
    self.stdin = self.stdout = self.stderr = None
    if stdin == subprocess.PIPE:
        self.stdin = io.StringIO() if self.text_mode else io.BytesIO()
        self._given = None
    else:
        self._given = _read_from(stdin)
        _finish(self)


def _read_from(source):
    if source is None or isinstance(source, int) or not hasattr(source, "read"):
        return ""
    return _text_of(source.read(), None, "replace")


def _finish(self, given=None):
    """Run it, unless that was done."""
    if self.returncode is not None:
        return
    if self.stdin is not None and given is None and not self.stdin.closed:
        given = self.stdin.getvalue()
    given = _text_of(self._given if given is None else given, self.encoding, "replace")
    args, shell, cwd, stdout, stderr = self._job
    home = os.getcwd()
    try:
        if cwd is not None:
            os.chdir(cwd)
        if isinstance(args, (str, bytes, os.PathLike)):
            line = os.fsdecode(args)
            code, out, err = run(line, given) if shell else run_words(shlex.split(line), given)
        elif shell:
            code, out, err = run(os.fsdecode(next(iter(args))), given)
        else:
            code, out, err = run_words([os.fsdecode(a) for a in args], given)
    finally:
        os.chdir(home)
    if stderr == subprocess.STDOUT:
        out, err, stderr = out + err, "", None
    self.returncode = code
    self.stdout = _stream(out, stdout, sys.stdout, self.text_mode)
    self.stderr = _stream(err, stderr, sys.stderr, self.text_mode)


def _stream(text, target, usual, as_text):
    if target == subprocess.PIPE:
        return _Shown(text) if as_text else io.BytesIO(text.encode("utf-8", "surrogateescape"))
    if target == subprocess.DEVNULL:
        return None
    if target is None:
        usual.write(text)
    elif isinstance(target, int):
        os.write(target, text.encode("utf-8", "replace"))
    else:
        try:
            target.write(text)
        except TypeError:
            target.write(text.encode("utf-8", "replace"))
    return None


def _communicate(self, input=None, timeout=None):
    _finish(self, input)
    return tuple(None if s is None else s.read() for s in (self.stdout, self.stderr))


def _wait(self, timeout=None):
    _finish(self)
    return self.returncode


def _exit(self, *args):
    _finish(self)


def _refuse(*args, **kwargs):
    __tracebackhide__ = True
    tell("process", "", "os.fork()", "raised")
    raise PermissionError(1, f"other processes can't be started {WHERE}")


def install(shell):
    popen = subprocess.Popen
    popen.__init__, popen.communicate, popen.__exit__ = _start, _communicate, _exit
    popen.wait = popen.poll = _wait
    popen.__del__ = popen.kill = popen.terminate = popen.send_signal = lambda self, *args: None
    os.system = _system
    when_imported("asyncio", _await_programs)
    os.popen = _popen
    for name in ("fork", "forkpty", "execv", "execve", "posix_spawn", "posix_spawnp"):
        setattr(os, name, _refuse)
    _magics(shell)


class _Awaited:
    """What `asyncio.create_subprocess_shell` and its kin give: a program that is over."""

    def __init__(self, args, shell, options):
        self._done = subprocess.Popen(args, shell=shell, **options)
        self.pid = self._done.pid
        self.stdout, self.stderr = map(_reader, (self._done.stdout, self._done.stderr))

    @property
    def returncode(self):
        return self._done.returncode

    async def communicate(self, input=None):
        return tuple([await s.read() if s else None for s in (self.stdout, self.stderr)])

    async def wait(self):
        return self._done.wait()

    def kill(self):
        pass

    terminate = kill


def _reader(stream):
    import asyncio

    if stream is None:
        return None
    reader = asyncio.StreamReader()
    reader.feed_data(stream.read())
    reader.feed_eof()
    return reader


def _await_programs(asyncio):
    def options(given):
        return {name: given.get(name) for name in ("stdout", "stderr", "cwd")}

    async def by_shell(cmd, **given):
        return _Awaited(cmd, True, options(given))

    async def by_words(program, *args, **given):
        return _Awaited([program, *args], False, options(given))

    asyncio.create_subprocess_shell, asyncio.create_subprocess_exec = by_shell, by_words


def _popen(cmd, mode="r", buffering=-1):
    if mode.startswith("w"):
        return _Written(cmd)
    _, out, err = run(cmd)
    sys.stderr.write(err)
    return _Shown(out)


class _Written(io.StringIO):
    """`os.popen(command, "w")`: runs once all is written."""

    def __init__(self, command):
        super().__init__()
        self._command = command

    def close(self):
        if not self.closed:
            text = self.getvalue()
            super().close()
            _printed(*run(self._command, text))


def _magics(shell):
    from IPython.utils.text import LSString, SList

    def system(command):
        shell.user_ns["_exit_code"] = _printed(*run(shell.var_expand(command, depth=1)))

    def getoutput(command, split=True, depth=0):
        code, out, err = run(shell.var_expand(command, depth=depth + 1))
        shell.user_ns["_exit_code"] = code
        out += err
        return SList(out.splitlines()) if split else LSString(out)

    shell.system = shell.system_raw = shell.system_piped = system
    shell.getoutput = getoutput

    def line_magic(name):
        return lambda line: _printed(*run(f"{name} {line}")) and None

    def script(name):
        def run_script(line, cell=""):
            text = cell if name in ("bash", "sh", "system", "sx", "!") else None
            code, out, err = run(text) if text is not None else run_words([name], cell)
            _printed(code, out, err)

        return run_script

    magics = shell.magics_manager.magics
    for name in ("pip", "conda", "mamba", "micromamba", "uv"):
        if name in magics["line"]:
            magics["line"][name] = line_magic(name)
    for name in ("sx", "system"):
        magics["line"][name] = getoutput
    magics["line"]["shell"], magics["cell"]["shell"] = system, script("bash")  # Colab's
    for name in ("bash", "sh", "perl", "ruby", "python", "python2", "python3", "pypy", "js",
                 "javascript_node", "sx", "system", "!"):  # fmt: skip
        if name in magics["cell"]:
            magics["cell"][name] = script(name)
    magics["cell"]["script"] = lambda line, cell="": script((line.split() or ["sh"])[0])(line, cell)
