# mypy: ignore-errors
"""An import of a package that is not installed gives a placeholder that explains itself on use.

Only where the notebook or a file beside it asks for it and the student's own `try` does not stand around it.
`from package import *` gives no names. A package that is installed and can't be loaded here, as one made for
another torch, is as good as absent: that it is broken is not the student's doing.
"""

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import os
import sys
import types

from .telling import WHERE, tell

_OURS = "<grading environment>"


class Absent:
    """Stands for something from a package that is not installed; explains itself on use."""

    def __init__(self, name):
        self.__dict__["_name"] = name

    def _explain(self, *args, **kwargs):
        __tracebackhide__ = True
        package = self._name.partition(".")[0]
        tell("package", package, self._name, "raised")
        raise ModuleNotFoundError(
            f"{self._name} is not available: the package {package!r} is not installed {WHERE}", name=package
        )

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return Absent(f"{self._name}.{name}")

    def __repr__(self):
        return f"<{self._name}: not installed {WHERE}>"

    __call__ = __setattr__ = __getitem__ = __setitem__ = __iter__ = __len__ = __bool__ = _explain
    __enter__ = __aenter__ = __mro_entries__ = __add__ = __radd__ = __sub__ = __mul__ = __rmul__ = _explain
    __truediv__ = __matmul__ = __contains__ = __int__ = __float__ = __array__ = __lt__ = __gt__ = _explain


class AbsentModule(types.ModuleType):
    """What `import absent_package` gives."""

    def __getattr__(self, name):
        if name == "__version__":
            Absent(self.__name__)._explain()
        if name == "__all__":  # `import *`
            tell("package", self.__name__.partition(".")[0], f"from {self.__name__} import *", "changed")
        if name.startswith("_"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")

    def __repr__(self):
        return f"<module {self.__name__!r}: not installed {WHERE}>"


class AbsentFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Last on the path: finds what nobody else found, for the student's own import statements."""

    def find_spec(self, fullname, path=None, target=None):
        top = fullname.partition(".")[0]
        if top == fullname:
            return self.spec(fullname)
        if not isinstance(sys.modules.get(top), AbsentModule):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def spec(self, name):
        """A placeholder, if a student's import statement asks for it."""
        if not asked_by_student():
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return AbsentModule(spec.name)

    def exec_module(self, module):
        pass


class LoadFinder(importlib.abc.MetaPathFinder):
    """First on the path: lets the others find a package, and sees whether it can be loaded."""

    def find_spec(self, fullname, path=None, target=None):
        if "." in fullname or not theirs(sys._getframe(1)):
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next((one for one in found if one is not None), None)
        loaded = getattr(spec, "has_location", False) and hasattr(spec.loader, "exec_module")
        if not loaded or is_theirs(spec.origin):
            return spec
        load, guards = spec.loader.exec_module, not asked_by_student()

        def exec_module(module):
            try:
                load(module)
            except MemoryError:
                raise
            except Exception as error:
                if guards:  # and what it expects is that the package is not there
                    raise ImportError(
                        f"{fullname} can't be loaded {WHERE}: {error}", name=fullname
                    ) from error
                _give_up(module)

        spec.loader.exec_module = exec_module
        return spec


def _give_up(module):
    """Make a placeholder of a module that is loaded in part."""
    name = module.__name__
    for other in [other for other in sys.modules if other.startswith(f"{name}.")]:
        del sys.modules[other]
    for own in [own for own in vars(module) if not own.startswith("__")]:
        delattr(module, own)
    vars(module).pop("__version__", None)
    vars(module).pop("__all__", None)
    module.__path__ = []
    module.__class__ = AbsentModule


def _asking(frame):
    """The innermost frame that is neither ours nor the import system's."""
    while frame is not None and (
        frame.f_code.co_filename == _OURS
        or frame.f_code.co_filename.startswith("<frozen importlib._bootstrap")
    ):
        frame = frame.f_back
    return frame


def ours(frame):
    """Whether a habit runs in this frame."""
    return frame.f_code.co_filename == _OURS


def theirs(frame):
    """Whether code of the student's runs in this frame, or asks for an import in it."""
    frame = _asking(frame)
    if frame is None:
        return False
    return frame.f_globals.get("__name__") == "__main__" or is_theirs(frame.f_code.co_filename)


def is_theirs(file):
    """Whether a file lies among the student's."""
    home = _home[0]  # with a slash at the end
    return bool(home) and file.startswith(home)


_home = [""]


def asked_by_student():
    """Whether the import statement at hand is the student's, and not prepared to fail."""
    frame = _asking(sys._getframe(1))
    if frame is None or not theirs(frame):
        return False
    file = frame.f_code.co_filename
    return not guarded("".join(linecache.getlines(file, frame.f_globals)), frame.f_lineno)


def guarded(source, line):
    """Whether a `try` with handlers, or a `with`, stands around this line (from 1) of the source."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return True
    for node in ast.walk(tree):
        catches = isinstance(node, (ast.Try, ast.TryStar)) and node.handlers
        if not catches and not isinstance(node, (ast.With, ast.AsyncWith)):
            continue
        if node.body[0].lineno <= line <= node.body[-1].end_lineno:
            return True
    return False


def install(shell):
    _home[0] = os.path.join(os.getcwd(), "")
    sys.meta_path.append(AbsentFinder())
    sys.meta_path.insert(0, LoadFinder())
