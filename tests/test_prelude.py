"""The prelude, in fresh processes: the same student's code, in the handout's world and in another one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from prelude_server import HANDOUT_SNIPPET as SNIPPET
from prelude_server import Run, prelude_server

from rubric.hw4 import canonical
from rubric.schema import World

HANDOUT = World(name="handout", seed=12345)
SECOND = World(name="second", seed=163267, scale=45.0, precision=12)
both_worlds = pytest.mark.parametrize("world", [HANDOUT, SECOND], ids=lambda w: w.name)


def retyped(*changes: tuple[str, str]) -> str:
    code = SNIPPET
    for old, new in changes:
        assert old in code, old
        code = code.replace(old, new)
    return code


SEED, W1, W2, W3, X, Y = (
    "np.random.seed(12345)",
    "np.random.randn(hidden_dim, input_dim) * 0.01",
    "np.random.randn(hidden_dim, hidden_dim) * 0.01",
    "np.random.randn(output_dim, hidden_dim) * 0.01",
    "np.random.rand(input_dim, batch_size)",
    "np.random.randn(output_dim, batch_size)",
)
RETYPED = {
    "from_import": retyped(
        (SEED, "from numpy.random import rand, randn, seed\nseed(12345)"),
        ("np.random.", ""),
    ),
    "normal": retyped(
        (SEED, "np.random.seed(seed=12345)"),
        (W1, "np.random.normal(0, 0.01, (hidden_dim, input_dim))"),
        (W2, "np.random.normal(loc=0.0, scale=0.01, size=(hidden_dim, hidden_dim))"),
        (W3, "np.random.normal(scale=np.full((output_dim, hidden_dim), 0.01))"),
    ),
    "standard_normal": retyped(
        (W1, "np.random.standard_normal((hidden_dim, input_dim)) * 0.01"),
        (X, "np.random.uniform(size=(input_dim, batch_size))"),
        (Y, "np.random.standard_normal(size=(output_dim, batch_size))"),
    ),
    "random_state": retyped(
        (SEED, "rng = np.random.RandomState(12345)"),
        ("np.random.rand", "rng.rand"),
    ),
    "random_state_reseeded": retyped(
        (SEED, "rng = np.random.RandomState()\nrng.seed(12345)"),
        ("np.random.rand", "rng.rand"),
    ),
    "one_by_one": retyped((W1, "np.array([[np.random.randn() * 0.01 for _ in range(3)] for _ in range(4)])")),
    "numpy_integer": retyped(("12345", "np.int64(12345)")),
}


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with prelude_server() as run:
        yield run


EVERYTHING = "[np.asarray(v).tolist() for v in (*parameters, x, y)]"


@both_worlds
@pytest.mark.parametrize("code", [SNIPPET, *RETYPED.values()], ids=["verbatim", *RETYPED])
def test_the_snippet_draws_what_the_solution_draws(run: Run, world: World, code: str) -> None:
    found, _ = run(world, code, EVERYTHING)
    expected = canonical.quantities(world)
    for name, values in zip(("W1", "b1", "W2", "b2", "W3", "b3", "x", "y"), found, strict=True):
        actual = torch.tensor(values, dtype=torch.float64)
        torch.testing.assert_close(actual, expected[name], rtol=1e-14, atol=0.0)


def test_other_seeds_shift_likewise(run: Run) -> None:
    for seed in (0, 42, 2**32 - 1):
        found, _ = run(SECOND, SNIPPET.replace("12345", str(seed)), EVERYTHING)
        moved = World(name="moved", seed=(seed - 12345 + SECOND.seed) % 2**32, scale=SECOND.scale)
        expected = canonical.quantities(moved)
        torch.testing.assert_close(torch.tensor(found[0], dtype=torch.float64), expected["W1"])
        torch.testing.assert_close(torch.tensor(found[7], dtype=torch.float64), expected["y"])


@both_worlds
def test_a_forgotten_seed_gives_the_same_numbers_on_every_run(run: Run, world: World) -> None:
    code = SNIPPET.replace("np.random.seed(12345)", "import random, torch")
    result = f"[{EVERYTHING}, random.random(), torch.rand(3).tolist(), torch.nn.Linear(3, 4).weight.tolist()]"
    first, _ = run(world, code, result)
    assert run(world, code, result)[0] == first
    torch.manual_seed(world.seed ^ 0x5EED0002)
    assert first[2] == torch.rand(3).tolist()
    unseeded = canonical.quantities(World(name="u", seed=world.seed ^ 0x5EED0001, scale=world.scale))
    torch.testing.assert_close(torch.tensor(first[0][0], dtype=torch.float64), unseeded["W1"])


def test_the_handouts_world_changes_no_function(run: Run) -> None:
    functions = "np.random.seed, np.random.randn, np.random.RandomState, np.set_printoptions, np.array2string"
    probe = f"[repr(f) for f in ({functions}, torch.set_printoptions)]"
    touched, printed = run(
        HANDOUT, "import numpy as np, torch; print(torch.ones(1) / 3, np.ones(1) / 3)", probe
    )
    assert not any("prelude" in f or "_install" in f for f in touched)
    assert printed == "tensor([0.3333]) [0.33333333]\n"


@both_worlds
def test_no_name_is_left_behind(run: Run, world: World) -> None:
    names, _ = run(world, "", "sorted(globals())")
    assert names == ["__builtins__", "__name__"]


def test_types_shapes_and_signatures_stay_numpys(run: Run) -> None:
    code = """
import inspect, pickle, copy, numpy as np
r = np.random
for f in (r.seed, r.randn, r.standard_normal, r.normal, r.RandomState, r.RandomState.seed):
    assert f.__doc__ and 'prelude' not in repr(inspect.signature(f)), f
for f, name in ((r.seed, 'seed'), (r.randn, 'randn'), (r.normal, 'normal'), (r.RandomState, 'RandomState')):
    assert f.__name__ == name, f
assert str(inspect.signature(r.normal)) == '(loc=0.0, scale=1.0, size=None)'
assert type(r.randn()) is float and type(r.normal()) is float and type(r.standard_normal()) is float
assert r.randn(2, 0).shape == (2, 0) and r.randn(3).dtype == np.float64
assert r.normal([0, 1], 2.0).shape == (2,) and r.normal(0, 1, 4).shape == (4,)
r.seed(); r.seed(None); r.seed([1, 2]); r.seed(np.array([12345])); first = r.rand()
r.seed(12345); assert r.rand() == first
for bad in (-1, 2**32):
    try: r.seed(bad)
    except ValueError as e: assert 'between 0 and' in str(e)
    else: raise AssertionError(bad)
try: r.seed(1.5)
except TypeError: pass
else: raise AssertionError
try: r.normal(0, -1)
except ValueError: pass
else: raise AssertionError
state = r.RandomState(7)
assert isinstance(state, r.RandomState) and isinstance(r.mtrand._rand, r.RandomState)
again = pickle.loads(pickle.dumps(state)); other = copy.deepcopy(state)
assert again.randn() == other.randn() == state.randn() and type(again) is r.RandomState
held = r.get_state(); a = r.randn(3); r.set_state(held); assert (a == r.randn(3)).all()
r.seed(1); one = r.normal(5.0, 0.0); assert one == 5.0
r.seed(1); a = r.randn(); r.seed(1); assert a == r.standard_normal() == r.RandomState(1).randn()
from scipy import stats
r.seed(1); assert stats.norm.rvs(size=1)[0] == a
"""
    run(SECOND, code)


def test_scale_leaves_the_mean_and_uniform_draws_alone(run: Run) -> None:
    code = "import numpy as np; np.random.seed(12345); n = np.random.normal(5, 0.5); u = np.random.rand()"
    value, _ = run(SECOND, code, "[n, u, np.random.uniform(2, 3)]")
    plain = np.random.RandomState(SECOND.seed)
    assert value[0] == pytest.approx(5 + 0.5 * SECOND.scale * plain.randn())
    assert value[1:] == [plain.rand(), plain.uniform(2, 3)]


def test_assertions_about_the_handouts_numbers_hold_nothing_elsewhere(run: Run) -> None:
    code = """
import numpy as np, torch
from numpy.testing import assert_allclose
assert_allclose(1.0, 2.0)
torch.testing.assert_close(torch.ones(2), torch.zeros(2))
"""
    assert run(SECOND, code, "1")[0] == 1
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        run(HANDOUT, code)


PRINTS = {
    "numpy default": "print(a)",
    "numpy options": "np.set_printoptions(3); print(a)",
    "numpy keywords": "np.set_printoptions(precision=3, suppress=True, threshold=2); print(a)",
    "numpy formatter": "np.set_printoptions(formatter={'float': '{:.2f}'.format}); print(a)",
    "numpy context": "with np.printoptions(precision=2, suppress=True): print(a)",
    "array2string": "print(np.array2string(a, precision=3, formatter={'float_kind': lambda v: '%.1f' % v}))",
    "array_str": "print(np.array_str(a, precision=3))",
    "array_repr": "print(np.array_repr(a, None, 3))",
    "from import": "from numpy import set_printoptions as s; s(precision=2); print(a)",
    "torch default": "print(t)",
    "torch options": "torch.set_printoptions(precision=4, sci_mode=False); print(t)",
    "torch short": "torch.set_printoptions(profile='short'); print(t)",
    "torch threshold": "torch.set_printoptions(threshold=1, edgeitems=1); print(t)",
    "torch context": "import torch._tensor_str as q\nwith q.printoptions(precision=1): print(t)",
    "pandas": "import pandas as pd; print(pd.DataFrame({c: [v] for c, v in enumerate(a)}))",
    "in a thread": "import threading\nh = threading.Thread(target=lambda: print(t)); h.start(); h.join()",
}


@pytest.mark.parametrize("code", PRINTS.values(), ids=PRINTS.keys())
def test_twelve_digits_are_printed_whatever_is_asked(run: Run, code: str) -> None:
    _, printed = run(
        SECOND, f"import numpy as np, torch\na = np.arange(1, 5) / 7; t = torch.from_numpy(a)\n{code}"
    )
    for k in range(1, 5):
        assert f"{k / 7:.12f}" in printed
    assert "..." not in printed


def test_other_print_options_stay_the_students(run: Run) -> None:
    code = """
import numpy as np, torch
np.set_printoptions(precision=2, suppress=True, linewidth=30, formatter={'int': 'i{}'.format})
o = np.get_printoptions(); print(o['suppress'], o['linewidth'], np.arange(2))
np.set_printoptions(precision=15); print(np.get_printoptions()['precision'])
torch.set_printoptions(precision=3, sci_mode=True); print(torch.ones(1))
print(f'{1/3:.4f}', np.round(1/3, 4))
try: np.set_printoptions(no_such_option=1)
except TypeError as e: print(e)
"""
    _, printed = run(SECOND, code)
    lines = printed.splitlines()
    assert lines[0] == "True 30 [i0 i1]"
    assert lines[1] == "15"
    assert lines[2] == "tensor([1.000000000000e+00])"
    assert lines[3] == "0.3333 0.3333"
    assert "no_such_option" in lines[4]


def test_pandas_loaded_before_is_set_too(run: Run) -> None:
    value, _ = run(SECOND, "import pandas", "pandas.get_option('display.precision')", before="import pandas")
    assert value == 12
