# mypy: ignore-errors
"""Has something done to a module when it is imported, or at once where it is there already."""

import importlib.abc
import importlib.util
import sys


class _Watch(importlib.abc.MetaPathFinder):
    """First on the path: lets the others find what is watched for, and has it patched once it is loaded."""

    def __init__(self):
        self.patches = {}
        self._asking = set()

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in self.patches or fullname in self._asking:
            return None
        self._asking.add(fullname)  # another finder asks all others, too
        try:
            others = (finder for finder in sys.meta_path if finder is not self)
            found = (finder.find_spec(fullname, path, target) for finder in others)
            spec = next((one for one in found if one is not None), None)
        finally:
            self._asking.discard(fullname)
        if spec is None or not hasattr(spec.loader, "exec_module"):
            return spec
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            for patch in self.patches.pop(fullname, ()):
                patch(module)

        spec.loader.exec_module = exec_module
        return spec


_watch = _Watch()


def when_imported(name, patch):
    """Call `patch` with the module of this name, now or once somebody imports it."""
    if name in sys.modules:
        patch(sys.modules[name])
        return
    if _watch not in sys.meta_path:
        sys.meta_path.insert(0, _watch)
    _watch.patches.setdefault(name, []).append(patch)
