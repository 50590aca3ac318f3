# mypy: ignore-errors
"""Loads the habits from their texts, as modules of a package that is gone again afterwards."""

import importlib
import importlib.abc
import importlib.machinery
import sys


class Texts(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds `_habits` and the modules in it."""

    def __init__(self, sources):
        self._sources = sources

    def find_spec(self, fullname, path=None, target=None):
        package, _, name = fullname.partition(".")
        if package != "_habits" or (name and name not in self._sources):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=not name)

    def create_module(self, spec):
        return None

    def get_source(self, fullname):
        return self._sources.get(fullname.partition(".")[2], "")

    def get_code(self, fullname):
        # no file of this name: a student's traceback names no path of ours
        return compile(self.get_source(fullname), "<grading environment>", "exec", dont_inherit=True)

    def is_package(self, fullname):
        return "." not in fullname


def _load(sources, habits):
    finder = Texts(sources)
    sys.meta_path.insert(0, finder)
    try:
        loaded = [importlib.import_module(f"_habits.{name}") for name in habits]
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.partition(".")[0] == "_habits"]:
            del sys.modules[name]
    for module in loaded:
        getattr(module, "prepare", lambda: None)()
    return [module.install for module in loaded if hasattr(module, "install")]


_installs = _load(SOURCES, HABITS)
del SOURCES


def install(shell):
    """Set everything up in the running kernel, whose shell this is."""
    for one in _installs:
        one(shell)
