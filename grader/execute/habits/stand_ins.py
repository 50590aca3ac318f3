# mypy: ignore-errors
"""Stand-ins for absent packages that only draw, log or ask: nothing that is computed comes from them.

Whatever is done with a drawing or a log does nothing. Widgets have the value that they begin with, and
`interact` calls its function once with those. Colab's drive is there, its uploads bring nothing. A package
that is installed is used as it is; one that computes has no stand-in, since its results would be invented.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types

from .packages import asked_by_student
from .telling import WHERE, say, tell

SILENT = frozenset(
    {
        "plotly",
        "bokeh",
        "altair",
        "wandb",
        "tensorboard",
        "tensorboardX",
        "visdom",
        "torchviz",
        "graphviz",
        "netron",
        "livelossplot",
        "mlflow",
        "comet_ml",
        "neptune",
        "ipympl",
        "cufflinks",
        "pydot",
        "hvplot",
        "holoviews",
        "otter",
    }
)
_DESCRIBES = frozenset({"torchsummary", "torchinfo", "torchview", "watermark"})
"""print a description, which is lost without them"""
STAND_INS = SILENT | _DESCRIBES | {"nest_asyncio", "ipywidgets", "google"}
_WRITERS = "torch.utils.tensorboard"
"""a module of torch's that can't be without a package that only logs"""


class Nothing:
    """Answers everything with itself."""

    def __init__(self, *args, **kwargs):
        pass

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if name.startswith("_repr_") or name in (
            "_ipython_display_",
            "_ipython_canary_method_should_not_exist_",
        ):
            raise AttributeError(name)
        return NOTHING

    def __call__(self, *args, **kwargs):
        # as a decorator it leaves the function alone
        alone = len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type))
        return args[0] if alone else NOTHING

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0

    def __bool__(self):
        return True

    def __enter__(self):
        return NOTHING

    def __exit__(self, *args):
        return False

    def __getitem__(self, key):
        return NOTHING

    def __setitem__(self, key, value):
        pass

    def __repr__(self):
        return "<not shown here>"

    def __mro_entries__(self, bases):
        return (Nothing,)

    def _without_value(self, *args):
        __tracebackhide__ = True
        tell("package", Silent.last, "a value of a package that is not installed", "raised")
        raise ModuleNotFoundError(
            f"the package {Silent.last!r} is not installed {WHERE}: nothing that it gives has a value"
        )

    __int__ = __float__ = __complex__ = __index__ = __array__ = _without_value
    __lt__ = __le__ = __gt__ = __ge__ = __neg__ = __sub__ = __truediv__ = __pow__ = _without_value
    __rmul__ = __rsub__ = __rtruediv__ = __rpow__ = __rmatmul__ = _without_value

    __add__ = __or__ = __and__ = __radd__ = __call__


NOTHING = Nothing()


class Silent(types.ModuleType):
    """A package of which every name is `NOTHING`. last: the package that was asked last."""

    __path__ = ()
    last = ""

    def __getattr__(self, name):
        if name == "__version__":
            return "0"
        if name.startswith("__"):
            raise AttributeError(name)
        package = "tensorboard" if self.__name__ == _WRITERS else self.__name__.partition(".")[0]
        Silent.last = package
        tell("package", package, f"{self.__name__}.{name}", "skipped" if package in _DESCRIBES else "instead")
        return NOTHING


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """After everything that is installed, before placeholders for what is not."""

    def find_spec(self, fullname, path=None, target=None):
        top = fullname.partition(".")[0]
        made = (fullname == name or fullname.startswith(f"{name}.") for name in _MADES)
        known = top in SILENT or top in _DESCRIBES or any(made)
        ours = isinstance(sys.modules.get(top), (Silent, Made))
        return self.spec(fullname) if known and (ours or asked_by_student()) else None

    def spec(self, fullname):
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec):
        make = _MADES.get(spec.name)
        if make is None:
            return Silent(spec.name)
        tell("package", spec.name.partition(".")[0], f"import {spec.name}", "instead")
        return make(spec.name)

    def exec_module(self, module):
        pass


class Made(types.ModuleType):
    """A package of which we have what homework uses."""


def _module(name, **content):
    module = Made(name)
    vars(module).update(content)
    module.__path__ = []
    return module


def _nest_asyncio(name):
    def apply(loop=None):
        try:
            import nest_asyncio2
        except ImportError:
            return
        nest_asyncio2.apply(loop)

    return _module(name, apply=apply)


# ------------------------------------------------------------------------------------------ wandb


class _Settings(dict):
    """`wandb.config`: what a notebook puts into it comes out again."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        self[name] = value

    def update(self, *args, allow_val_change=None, **kwargs):
        super().update(*args, **kwargs)


class _Run(Nothing):
    def __init__(self, config):
        self.config = config

    def __enter__(self):
        return self


def _wandb(name):
    config = _Settings()

    def init(*args, config=None, **kwargs):
        run.config.update(config if isinstance(config, dict) else vars(config) if config else {})
        return run

    run = _Run(config)
    module = Silent(name)
    vars(module).update(config=config, run=run, init=init)
    return module


# ---------------------------------------------------------------------------------------- widgets


class Widget:
    """A widget that nobody moves."""

    def __init__(self, *args, **kwargs):
        self.value = kwargs.pop("value", kwargs.get("min", args[0] if args else None))
        self.children = ()
        vars(self).update(kwargs)
        if self.value is None and kwargs.get("options"):
            first = next(iter(kwargs["options"]))
            self.value = first[1] if isinstance(first, tuple) and len(first) == 2 else first

    def observe(self, *args, **kwargs):
        pass

    on_click = on_submit = unobserve = close = close_all = clear_output = append_stdout = observe

    def capture(self, *args, **kwargs):
        return lambda function: function

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return False

    def __repr__(self):
        """What a person reads on it."""
        words = (getattr(self, "description", ""), self.value, *self.children)
        return "\n".join(map(_words, words)).strip() or "<a widget, not shown here>"


def _words(part):
    if isinstance(part, (list, tuple)):
        return "\n".join(map(_words, part))
    return str(part) if isinstance(part, (str, Widget)) else ""


def _begins_with(asked):
    """The value with which `interact` begins."""
    if isinstance(asked, Widget):
        return asked.value
    if isinstance(asked, tuple) and len(asked) in (2, 3) and all(isinstance(n, (int, float)) for n in asked):
        low, high = asked[:2]
        return (low + high) // 2 if all(isinstance(n, int) for n in asked) else (low + high) / 2
    if isinstance(asked, dict):
        return next(iter(asked.values()), None)
    if isinstance(asked, (list, tuple)) and asked:
        return asked[0][1] if isinstance(asked[0], tuple) and len(asked[0]) == 2 else asked[0]
    return asked


def interact(function=None, **asked):
    """Call the function once, with what its widgets begin with."""
    if function is None:
        return lambda f: interact(f, **asked)
    import inspect

    defaults = {
        name: _begins_with(p.default)
        for name, p in inspect.signature(function).parameters.items()
        if p.default is not p.empty and not isinstance(asked.get(name), Widget)
    }
    function(**{**{name: _begins_with(value) for name, value in asked.items()}, **defaults})
    return function


def interactive(function, asked=None, **more):
    interact(function, **{**(asked if isinstance(asked, dict) else {}), **more})
    return Widget()


class _Widgets(Made):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return {
            "interact": interact,
            "interact_manual": interact,
            "interactive": interactive,
            "interactive_output": interactive,
            "fixed": lambda value: value,
            "jslink": lambda *args: None,
            "link": lambda *args: None,
            "widgets": self,
        }.get(name, type(name, (Widget,), {}))


def _widgets(name):
    module = _Widgets(name)
    module.__path__ = []
    return module


# ------------------------------------------------------------------------------------------ Colab


def _colab(name):
    def mount(*args, **kwargs):
        tell("path", "drive", "drive.mount()", "instead")

    def upload(*args, **kwargs):
        tell("file", "an upload", "files.upload()", "changed")
        say(f"Nothing can be uploaded {WHERE}; this line was skipped.")
        return {}

    def secret(key):
        tell("question", "", f"userdata.get({key!r})", "changed")
        return ""

    parts = {
        "drive": {"mount": mount, "flush_and_unmount": mount},
        "files": {"upload": upload, "download": lambda *args: None, "view": lambda *args: None},
        "output": {"clear": lambda *args, **kwargs: None, "eval_js": lambda *args, **kwargs: None},
        "userdata": {"get": secret},
        "auth": {"authenticate_user": lambda *args, **kwargs: None},
        "data_table": {"enable_dataframe_formatter": lambda: None, "DataTable": Nothing},
    }
    modules = {part: _module(f"google.colab.{part}", **content) for part, content in parts.items()}
    modules["patches"] = _module("google.colab.patches", cv2_imshow=lambda *args: None)
    for part in modules.values():
        sys.modules[part.__name__] = part
    return _module(name, **modules)


def _google(name):
    return _module(name)


_MADES = {
    "wandb": _wandb,
    "nest_asyncio": _nest_asyncio,
    "ipywidgets": _widgets,
    "google": _google,
    "google.colab": _colab,
}


class Writers(importlib.abc.MetaPathFinder):
    """First on the path, since torch has the module."""

    def __init__(self, stand_ins):
        self._stand_ins = stand_ins

    def find_spec(self, fullname, path=None, target=None):
        if fullname != _WRITERS:
            return None
        there = sys.modules.get("tensorboard") or importlib.util.find_spec("tensorboard")
        if there is not None and not isinstance(there, Silent):
            return None
        return self._stand_ins.spec(fullname) if asked_by_student() else None


def install(shell):
    stand_ins = StandIns()
    sys.meta_path.append(stand_ins)
    sys.meta_path.insert(0, Writers(stand_ins))
