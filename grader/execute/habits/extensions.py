# mypy: ignore-errors
"""IPython's extensions and magics that are not installed here are skipped, and the cell goes on.

Nearly all of them show, time or reload something. Under a cell magic that nobody knows the cell runs as it
stands where it is Python: that is what those that time or record do with it.
"""

import ast

from .telling import WHERE, say, tell

_SHOWS = frozenset(("tensorboard", "watermark", "tensorflow_version", "nb_black", "wandb"))
"""whose output is not of the notebook's making"""
_LANGUAGES = frozenset(
    ("R", "julia", "octave", "matlab", "sql", "bigquery", "cython", "cpp", "rust", "fortran", "scala")
)


def install(shell):
    manager = shell.extension_manager
    manager.load_extension = _unless_absent(manager.load_extension)
    manager.reload_extension = _unless_absent(manager.reload_extension)
    for name in ("more", "less", "pycat"):
        shell.register_magic_function(_type_out, "line", name)
    find = shell._find_with_lazy_load

    def find_or_skip(type_, name):
        return find(type_, name) or (_skip_line(name) if type_ == "line" else _run_plainly(shell, name))

    shell._find_with_lazy_load = find_or_skip


def _type_out(line):
    """A file, where the notebook shows it: a pager's text is no output."""
    with open(line.strip().strip("\"'"), encoding="utf-8", errors="replace") as file:
        print(file.read())


def _unless_absent(usual):
    def load(module):
        try:
            return usual(module)
        except ImportError as error:
            tell("package", str(module).partition(".")[0], f"%load_ext {module}", "instead")
            say(f"The extension {module!r} can't be loaded {WHERE} ({error}); this line was skipped.")
            return None

    return load


def _skip_line(name):
    def skipped(line=""):
        tell("command", f"%{name}", f"%{name} {line}", "instead" if name in _SHOWS else "skipped")
        say(f"There is no magic %{name} {WHERE}; this line was skipped.")

    return skipped


def _run_plainly(shell, name):
    def run(line, cell=""):
        call = f"%%{name} {line}"
        if name in _LANGUAGES or not _is_python(shell.transform_cell(cell)):
            tell("command", f"%%{name}", call, "skipped")
            say(f"There is no magic %%{name} {WHERE}; the cell was skipped.")
        else:
            tell("command", f"%%{name}", call, "instead")
            say(f"There is no magic %%{name} {WHERE}; the cell ran without it.")
            shell.run_cell(cell)

    return run


def _is_python(source):
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
