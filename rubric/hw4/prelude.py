# mypy: ignore-errors
# Prepares the kernel for one world, before the student's first cell; contains nothing secret.
#
# The grader binds `WORLD` (name, seed, scale, precision) in the kernel's namespace and runs this file
# there. It leaves no name behind.
#
# In every world: Python's, numpy's and torch's global generators start at fixed seeds, so that a
# notebook that forgets to seed gives the same numbers on every run, numbers that `mistakes.py` can
# replay: `seed ^ UNSEEDED_NUMPY` and `seed ^ UNSEEDED_TORCH` below.
#
# In a world that differs from the handout's (seed 12345, scale 1, precision null), also:
#
# - `np.random.seed(s)` and `np.random.RandomState(s)` shift an integer seed by the world's seed - 12345;
#   sequences of seeds, `default_rng` and torch's seeds stay as they are;
# - legacy normal draws (`randn`, `standard_normal`, `normal`, `multivariate_normal`; module level and
#   RandomState) deviate from their mean by `scale` times as much. The stream, shapes and types stay;
#   `rand`, `uniform` and every other distribution stay;
# - assertions hold nothing: `assert` statements of the cells are left out, and what numpy.testing and
#   torch.testing assert. A notebook that compares itself with the handout's numbers would end its cell.
# - with a precision set, numpy, torch and pandas print at least that many digits and elide nothing,
#   whatever the student sets later. Other print options are the student's, except formatters of floats,
#   which are dropped because they can round. pandas is set once, when it is imported: a student's own
#   `display.precision` or `display.float_format` wins. Rounding by value (`round`, f"{x:.4f}") is left
#   alone.
#
# A comment and not a docstring, which would become the `__doc__` of the student's namespace; one
# function with everything inside it, since its own names must be out of the student's way.


def _install(world):  # noqa: PLR0915
    import ast
    import functools
    import importlib.abc
    import importlib.util
    import inspect
    import math
    import operator
    import random
    import sys

    import numpy as np
    import torch

    HANDOUT_SEED = 12345
    UNSEEDED_NUMPY = 0x5EED0001
    UNSEEDED_TORCH = 0x5EED0002
    LINE_WIDTH = 200
    FLOAT_FORMATTERS = ("all", "float", "float_kind", "longfloat")

    def prepare():
        random.seed(world["seed"])
        np.random.seed(world["seed"] ^ UNSEEDED_NUMPY)
        torch.manual_seed(world["seed"] ^ UNSEEDED_TORCH)
        if world["seed"] != HANDOUT_SEED or world["scale"] != 1:
            replace_random_state()
            leave_out_assertions()
        if world["precision"] is not None:
            prepare_numpy_printing(world["precision"])
            prepare_torch_printing(world["precision"])
            prepare_pandas_printing(world["precision"])

    def shifted(seed):
        """The seed moved by the world's shift, where it is one integer that numpy accepts."""
        try:
            number = operator.index(np.squeeze(seed) if hasattr(seed, "squeeze") else seed)
        except TypeError:
            return seed
        if not 0 <= number < 2**32:
            return seed
        return (number - HANDOUT_SEED + world["seed"]) % 2**32

    def replace_random_state():
        """Put a subclass in place of RandomState, and an instance of it behind np.random's functions."""
        mtrand = sys.modules["numpy.random.mtrand"]
        Original = np.random.RandomState
        spread = world["scale"]

        class RandomState(Original):
            def __init__(self, seed=None):
                super().__init__(shifted(seed))

            def seed(self, seed=None):
                super().seed(shifted(seed))

            def standard_normal(self, size=None):
                return super().standard_normal(size) * spread

            def randn(self, *args):
                return self.standard_normal(args or None)

            def normal(self, loc=0.0, scale=1.0, size=None):
                return super().normal(loc, np.multiply(scale, spread), size)

            def __reduce__(self):
                return type(self), (self._bit_generator,), self.get_state(legacy=False)

        for name in ("__init__", "seed", "standard_normal", "randn", "normal", "__reduce__"):
            functools.update_wrapper(getattr(RandomState, name), getattr(Original, name))
        RandomState.__doc__ = Original.__doc__
        RandomState.__module__ = Original.__module__
        RandomState.__qualname__ = Original.__qualname__

        # np.random.seed looks mtrand._rand up when it is called; the other functions are its methods
        old = mtrand._rand
        new = RandomState(old._bit_generator)
        for module in (mtrand, np.random):
            for name, value in list(vars(module).items()):
                if value is old:
                    setattr(module, name, new)
                elif value is Original:
                    setattr(module, name, RandomState)
                elif getattr(value, "__self__", None) is old:
                    setattr(module, name, getattr(new, name))

    def leave_out_assertions():
        class WithoutAsserts(ast.NodeTransformer):
            def visit_Assert(self, node):
                return ast.copy_location(ast.Pass(), node)

        shell = globals().get("get_ipython", lambda: None)()
        if shell is not None:
            shell.ast_transformers.append(WithoutAsserts())
        for module in (np.testing, torch.testing):
            for name, value in list(vars(module).items()):
                if name.startswith("assert_") and callable(value):
                    setattr(module, name, lambda *args, **kwargs: None)

    def prepare_numpy_printing(digits):
        np.set_printoptions(precision=digits, threshold=sys.maxsize, linewidth=LINE_WIDTH)

        def with_floor(function, signature):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                try:
                    bound = signature.bind(*args, **kwargs)
                except TypeError:
                    return function(*args, **kwargs)  # numpy's own words for a wrong call
                for name, least in (("precision", digits), ("threshold", sys.maxsize)):
                    given = bound.arguments.get(name)
                    if isinstance(given, (int, np.integer)) and given < least:
                        bound.arguments[name] = least
                formatter = bound.arguments.get("formatter")
                if isinstance(formatter, dict):
                    kept = {kind: f for kind, f in formatter.items() if kind not in FLOAT_FORMATTERS}
                    bound.arguments["formatter"] = kept or None
                return function(*bound.args, **bound.kwargs)

            return wrapper

        settings = inspect.signature(np.set_printoptions)
        for name in ("array2string", "array_str", "array_repr"):
            function = getattr(np, name)
            setattr(np, name, with_floor(function, inspect.signature(function)))
        np.set_printoptions = with_floor(np.set_printoptions, settings)
        np.printoptions = with_floor(np.printoptions, settings)

    def prepare_torch_printing(digits):
        tensor_str = sys.modules["torch._tensor_str"]
        original = torch.set_printoptions

        @functools.wraps(original)
        def set_printoptions(*args, **kwargs):
            original(*args, **kwargs)
            options = tensor_str.PRINT_OPTS
            options.precision = max(options.precision, digits)
            options.threshold = math.inf

        set_printoptions(precision=digits, linewidth=LINE_WIDTH)
        torch.set_printoptions = tensor_str.set_printoptions = set_printoptions

    def prepare_pandas_printing(digits):
        def set_options():
            pandas = sys.modules["pandas"]
            pandas.set_option("display.precision", digits)
            pandas.set_option("display.width", LINE_WIDTH)

        class WhenImported(importlib.abc.MetaPathFinder):
            """Lets the other finders find pandas, and sets its options once it is loaded."""

            def find_spec(self, fullname, path=None, target=None):
                if fullname != "pandas":
                    return None
                sys.meta_path.remove(self)
                spec = importlib.util.find_spec(fullname)
                if spec is not None and spec.loader is not None:
                    load = spec.loader.exec_module

                    def exec_module(module):
                        load(module)
                        set_options()

                    spec.loader.exec_module = exec_module
                return spec

        if "pandas" in sys.modules:
            set_options()
        else:
            sys.meta_path.insert(0, WhenImported())

    prepare()


_install(globals().pop("WORLD"))
del _install
