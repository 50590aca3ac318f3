# mypy: ignore-errors
# Makes a world in the kernel, before the student's first cell, for an assignment that brings no prelude.py
# of its own. It knows no assignment and holds nothing secret. It leaves no name behind.
#
# `WORLD` is bound by the grader: name, seed, scale, precision, and handout_seed (of the first world).
#
# - Python's, numpy's and torch's global generators start at fixed seeds, so that a notebook that forgets
#   to seed prints the same numbers in every run, and not the right ones.
# - An integer seed given to `random.seed`, `np.random.seed`, `RandomState`, `default_rng` or
#   `torch.manual_seed` moves by the world's seed - handout_seed.
# - In another world than the first one assertions hold nothing: `assert` statements of the cells are left
#   out, and what numpy.testing and torch.testing assert. They may speak of the first world's numbers.
# - With a precision, numpy and torch print that many digits and elide nothing, until the student says
#   otherwise.
#
# Generators made in other ways (`torch.Generator`, `np.random.PCG64`) do not move, and `scale` does nothing:
# an assignment that needs them brings its own prelude.py.


def _install(world):
    import ast
    import functools
    import operator
    import random
    import sys

    import numpy as np

    try:
        import torch
    except ImportError:
        torch = None
    shift = world["seed"] - world["handout_seed"]
    unseeded = world["seed"] ^ 0x5EED0000

    def shifted(seed):
        try:
            return (operator.index(seed) + shift) % 2**32
        except TypeError:  # None, a sequence, a generator: as it is
            return seed

    def moving(function):
        @functools.wraps(function)
        def seeded(*args, **kwargs):
            if args:
                return function(shifted(args[0]), *args[1:], **kwargs)
            return function(**{k: shifted(v) if k in ("seed", "a") else v for k, v in kwargs.items()})

        return seeded

    random.seed(unseeded)
    np.random.seed(unseeded)
    if torch is not None:
        torch.default_generator.manual_seed(unseeded)  # torch.manual_seed also reads the stack's sources
    if shift:
        Original = np.random.RandomState

        class RandomState(Original):
            def __init__(self, seed=None):
                super().__init__(shifted(seed))

            def seed(self, seed=None):
                super().seed(shifted(seed))

        functools.update_wrapper(RandomState, Original, updated=())
        np.random.RandomState = RandomState
        np.random.seed = moving(np.random.seed)
        np.random.default_rng = moving(np.random.default_rng)
        random.seed = moving(random.seed)
        if torch is not None:
            torch.manual_seed = torch.random.manual_seed = moving(torch.manual_seed)
    if shift:

        class WithoutAsserts(ast.NodeTransformer):
            def visit_Assert(self, node):
                return ast.copy_location(ast.Pass(), node)

        shell = globals().get("get_ipython", lambda: None)()
        if shell is not None:
            shell.ast_transformers.append(WithoutAsserts())
        for module in (np.testing, *([torch.testing] if torch is not None else [])):
            for name, value in list(vars(module).items()):
                if name.startswith("assert_") and callable(value):
                    setattr(module, name, lambda *args, **kwargs: None)
    if world["precision"] is not None:
        np.set_printoptions(precision=world["precision"], threshold=sys.maxsize, linewidth=200)
        if torch is not None:
            torch.set_printoptions(precision=world["precision"], threshold=10**9, linewidth=200)


# in names of its own: a student's `from numpy import *` gives another `max`
type(_install)(_install.__code__, dict(globals()))(globals().pop("WORLD"))
del _install
