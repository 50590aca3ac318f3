# mypy: ignore-errors
"""Names that newer versions of Python, IPython, numpy, torch and pandas removed, for the student's own code.

They do what they did, with a warning. Libraries see the modules as they are, since some ask for a name.
"""

import contextlib
import difflib
import functools
import inspect
import re
import sys
import types
import warnings

from .packages import is_theirs, theirs
from .telling import tell
from .watching import when_imported


def _warn(name):
    tell("version", name, name, "instead")
    with contextlib.suppress(DeprecationWarning):  # where the notebook makes errors of them
        warnings.warn(f"{name} was removed; here it works as it did", DeprecationWarning, stacklevel=3)


def _numpy_names(np):
    def find_common_type(arrays, scalars):
        return np.result_type(*arrays, *scalars)

    return {
        "float": float, "int": int, "object": object, "complex": complex, "str": str, "unicode": str,
        "float_": np.float64, "complex_": np.complex128, "string_": np.bytes_, "unicode_": np.str_,
        "longfloat": np.longdouble, "cfloat": np.complex128, "singlecomplex": np.complex64,
        "int0": np.intp, "uint0": np.uintp, "bool8": np.bool_, "object0": np.object_,
        "Inf": np.inf, "Infinity": np.inf, "infty": np.inf, "PINF": np.inf, "NINF": -np.inf, "NaN": np.nan,
        "PZERO": 0.0, "NZERO": -0.0,
        "product": np.prod, "cumproduct": np.cumprod, "sometrue": np.any, "alltrue": np.all,
        "round_": np.round, "in1d": lambda a, b, **k: np.isin(np.ravel(a), b, **k),
        "trapz": getattr(np, "trapezoid", None), "row_stack": np.vstack, "mat": np.asmatrix,
        "asfarray": lambda a, dtype=np.float64: np.asarray(a, dtype=dtype),
        "asscalar": lambda a: a.item(), "msort": lambda a: np.sort(a, axis=0), "alen": len,
        "rank": np.ndim, "issubclass_": issubclass, "find_common_type": find_common_type,
        "fastCopyAndTranspose": lambda a: np.asarray(a).T.copy(),
        "issctype": lambda rep: isinstance(rep, type) and issubclass(rep, np.generic),
        "issubsctype": np.issubdtype, "obj2sctype": lambda rep, default=None: np.dtype(rep).type,
        "sctype2char": lambda t: np.dtype(t).char,
        "cast": _Casts(np), "ComplexWarning": np.exceptions.ComplexWarning, "warnings": warnings,
        "VisibleDeprecationWarning": np.exceptions.VisibleDeprecationWarning,
        "RankWarning": np.exceptions.RankWarning, "AxisError": np.exceptions.AxisError,
    }  # fmt: skip


class _Casts:
    """`np.cast["float32"](x)`."""

    def __init__(self, np):
        self._np = np

    def __getitem__(self, kind):
        return lambda x: self._np.asarray(x).astype(kind)


def _for_numpy(np):
    _serve(np, "numpy", _numpy_names(np))


def _for_torch(torch):
    linalg = torch.linalg
    names = {
        "symeig": lambda a, eigenvectors=False, upper=True: linalg.eigh(a, "U" if upper else "L"),
        "eig": lambda a, eigenvectors=False: linalg.eig(a),
        "solve": lambda b, a: (linalg.solve(a, b), None),
        "lstsq": lambda b, a: linalg.lstsq(a, b),
        "matrix_rank": linalg.matrix_rank,
        "chain_matmul": linalg.multi_dot,
    }
    for name, function in names.items():
        if getattr(torch, name, None) is None or name in ("symeig", "eig", "solve", "lstsq", "matrix_rank"):
            setattr(torch, name, _warning(f"torch.{name}", function))

    load = torch.load

    def load_all(*args, **kwargs):
        """Whole objects, which older versions loaded unasked."""
        import pickle

        try:
            return load(*args, **kwargs)
        except pickle.UnpicklingError:
            if "weights_only" in kwargs:
                raise
        _warn("torch.load of whole objects")
        if hasattr(args[0] if args else None, "seek"):
            args[0].seek(0)
        return load(*args, **kwargs, weights_only=False)

    torch.load = load_all


def _warning(name, function):
    def call(*args, **kwargs):
        _warn(name)
        return function(*args, **kwargs)

    return call


def _for_pandas(pd):
    def append(self, other, ignore_index=False, verify_integrity=False, sort=False):
        _warn("DataFrame.append")
        if isinstance(other, dict):
            other = pd.DataFrame([other])
        elif isinstance(other, pd.Series) and isinstance(self, pd.DataFrame):
            other = other.to_frame().T
        others = other if isinstance(other, list) else [other]
        return pd.concat([self, *others], ignore_index=ignore_index)

    for kind in (pd.DataFrame, pd.Series):
        _give(kind, "append", append)
        _give(kind, "iteritems", lambda self: self.items())
        _give(kind, "mad", lambda self, **k: (self - self.mean()).abs().mean())
    _give(pd.DataFrame, "applymap", lambda self, func, **k: self.map(func, **k))
    _give(pd.DataFrame, "as_matrix", lambda self: self.to_numpy())


def _give(kind, name, function):
    if not hasattr(kind, name):
        setattr(kind, name, function)


def _serve(module, called, names):
    """Names for whoever in the student's code asks the module for them."""
    usual = getattr(module, "__getattr__", None)
    names = {name: value for name, value in names.items() if value is not None and name not in vars(module)}

    def served(name):
        if name in names and theirs(sys._getframe(1)):
            _warn(f"{called}.{name}")
            return names[name]
        if usual is None:
            raise AttributeError(f"module {called!r} has no attribute {name!r}")
        return usual(name)

    module.__getattr__ = served


def _for_pyplot(pyplot):
    figure, gca = sys.modules["matplotlib.figure"].Figure, pyplot.gca

    def axes(self, **asked):
        if not asked:
            return own_gca(self)
        _warn("gca(…)")
        return self.add_subplot(**asked)

    def hist(self, *args, **asked):
        if "normed" in asked:
            _warn("hist(normed=…)")
            asked["density"] = asked.pop("normed")
        return own_hist(self, *args, **asked)

    axis = sys.modules["matplotlib.axes"].Axes
    own_hist, axis.hist = axis.hist, hist
    own_gca, figure.gca = figure.gca, axes
    pyplot.gca = lambda **asked: pyplot.gcf().gca(**asked) if asked else gca()
    _serve(pyplot, "matplotlib.pyplot", {"hold": lambda *on: None, "ishold": lambda: True})
    _serve(sys.modules["matplotlib.cm"], "matplotlib.cm", {"get_cmap": pyplot.get_cmap})


def _for_matplotlib(style):
    here = [name for name in style.library if name.startswith("seaborn-v0_8")]
    style.library.update({name.replace("-v0_8", ""): style.library[name] for name in here})


def _for_python():
    import collections
    import collections.abc
    import time

    names = {n: getattr(collections.abc, n) for n in collections.abc.__all__ if not hasattr(collections, n)}
    _serve(collections, "collections", names)
    _serve(time, "time", {"clock": time.perf_counter})
    _serve(inspect, "inspect", {"getargspec": lambda f: inspect.getfullargspec(f)[:4]})


def _for_ipython(shell):
    def magic(self, line):
        _warn("get_ipython().magic")
        name, _, rest = line.strip().lstrip("%").partition(" ")
        return self.run_line_magic(name, rest)

    _give(shell, "magic", magic)
    shown = sys.modules["IPython.display"]
    for name in (
        "display",
        "HTML",
        "Markdown",
        "Math",
        "Latex",
        "Image",
        "SVG",
        "Javascript",
        "clear_output",
    ):
        _give(sys.modules["IPython.core.display"], name, getattr(shown, name))
    for name in ("set_matplotlib_formats", "set_matplotlib_close"):
        _give(shown, name, lambda *args, **kwargs: None)


def prepare():
    when_imported("numpy", _for_numpy)
    when_imported("torch", _for_torch)
    when_imported("pandas", _for_pandas)
    when_imported("matplotlib.style", _for_matplotlib)
    when_imported("matplotlib.pyplot", _for_pyplot)
    _for_python()


_OFTEN = re.compile(r"packages/(?:numpy|pandas|torch)/")
"""of whose objects students ask what they do not have; their older names are known to the grader"""
_LIKE = 0.8
"""a name that is so like another is misspelled; one that is not may be of another version, or system"""
_KEYWORD = re.compile(r"(?:\b(\w+)\.)?\b(\w+)\(\) got an unexpected keyword argument '(\w+)'")
_SETTLED = (
    *("builtins", "numpy", "torch", "torch.nn", "torch.nn.functional", "torch.optim", "torch.utils.data"),
)
"""whose keywords are seldom renamed: what is like one of them is misspelled"""


def _is_like(name, known):
    return bool(difflib.get_close_matches(name.lower(), [k.lower() for k in known], 1, _LIKE))


def _keywords(function):
    try:
        return [*inspect.signature(function).parameters]
    except (TypeError, ValueError):
        return []


def _unknown_keyword(error, own):
    """The call and its keyword that a function of a library does not know, nor anything like it; or None."""
    found = _KEYWORD.search(str(error))
    if found is None:
        return None
    *owner, keyword = (part for part in found.groups() if part not in (None, "__init__"))
    if getattr(own.get(owner[0]), "__module__", None) == "__main__":
        return None
    for module in (sys.modules[m] for m in _SETTLED if m in sys.modules):
        with contextlib.suppress(AttributeError):
            if _is_like(keyword, _keywords(functools.reduce(getattr, owner, module))):
                return None
    return f"{'.'.join(owner)}({keyword}=)"


def _unknown_name(error):
    """A name that a module, or an object of a library, lacks, and that is like none it has; or None."""
    asked = getattr(error, "obj", None)
    if not isinstance(error, AttributeError) or asked is None:
        return None
    module = asked if isinstance(asked, types.ModuleType) else sys.modules.get(type(asked).__module__)
    file = getattr(module, "__file__", None) or ""
    if is_theirs(file) or (module is not asked and (_OFTEN.search(file) or not file)):
        return None
    if _is_like(str(error.name), dir(asked)):
        return None
    return f"{asked.__name__ if module is asked else type(asked).__name__}.{error.name}"


def install(shell):
    _for_ipython(type(shell))

    def look(result):
        error = result.error_in_exec
        unknown = _unknown_name(error) or _unknown_keyword(error, shell.user_ns)
        if unknown is not None:
            tell("error", unknown, f"{type(error).__name__}: {error}", "raised")

    shell.events.register("post_run_cell", look)
