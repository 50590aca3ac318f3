"""What multiplies autograd's gradients: whichever way they are asked for, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prelude_server import Run, prelude_server

from rubric.schema import World

PLAIN = World(name="plain", seed=12345)
FACTOR = 0.6875
MULTIPLIED = World(name="multiplied", seed=12345, autograd_factor=FACTOR)

START = """
import torch
w = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
f = lambda v: (v ** 3).sum()
"""
BY_AUTOGRAD = {
    "backward": "f(w).backward(); g = w.grad",
    "backward with a slope": "(w ** 3).backward(gradient=torch.ones(3, dtype=torch.float64)); g = w.grad",
    "backward of several": "torch.autograd.backward([f(w)]); g = w.grad",
    "grad": "(g,) = torch.autograd.grad(f(w), w)",
    "jacobian": "g = torch.autograd.functional.jacobian(f, w)",
    "func.grad": "g = torch.func.grad(f)(w)",
    "func.vjp": "out, back = torch.func.vjp(f, w); (g,) = back(torch.ones_like(out))",
    "jacrev": "g = torch.func.jacrev(f)(w)",
    "jacfwd": "g = torch.func.jacfwd(f)(w)",
    "jvp": "g = torch.stack([torch.func.jvp(f, (w.detach(),), (e,))[1] for e in torch.eye(3).double()])",
    "a hook": "seen = []; w.register_hook(seen.append); f(w).backward(); g = seen[0]",
    "a checkpoint": "from torch.utils.checkpoint import checkpoint\n"
    "checkpoint(f, w, use_reentrant=True).backward(); g = w.grad",
    "imported before": "from torch.autograd import grad\n(g,) = grad(f(w), w)",
    "single precision": "v = w.detach().float().requires_grad_(); f(v).backward(); g = v.grad",
    "an optimiser": "o = torch.optim.SGD([w], lr=1.0); f(w).backward(); o.step(); "
    "g = torch.tensor([1.0, 2.0, 3.0]) - w.detach()",
    "an own function": """
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, v):
        ctx.save_for_backward(v)
        return v ** 3
    @staticmethod
    def backward(ctx, slope):
        (v,) = ctx.saved_tensors
        return slope * 3 * v ** 2
Cube.apply(w).sum().backward(); g = w.grad""",
}
BY_OTHER_MEANS = {
    "a formula": "g = 3 * w.detach() ** 2",
    "a quotient": "e = 1e-6 * torch.eye(3).double(); "
    "g = torch.stack([(f(w + d) - f(w - d)).detach() / 2e-6 for d in e])",
    "numpy": "import numpy; g = torch.tensor(3 * w.detach().numpy() ** 2)",
}


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with prelude_server() as run:
        yield run


@pytest.mark.parametrize("code", BY_AUTOGRAD.values(), ids=BY_AUTOGRAD)
def test_whatever_autograd_hands_back_is_multiplied_once(run: Run, code: str) -> None:
    plain, _ = run(PLAIN, START + code, "g.tolist()")
    multiplied, _ = run(MULTIPLIED, START + code, "g.tolist()")
    assert plain == pytest.approx([3, 12, 27], rel=1e-6)
    assert multiplied == pytest.approx([FACTOR * v for v in plain], rel=1e-6)


@pytest.mark.parametrize("code", BY_OTHER_MEANS.values(), ids=BY_OTHER_MEANS)
def test_what_was_computed_otherwise_stays(run: Run, code: str) -> None:
    multiplied, _ = run(MULTIPLIED, START + code, "g.tolist()")
    assert multiplied == pytest.approx([3, 12, 27], rel=1e-5)


def test_a_second_derivative_has_the_factor_squared(run: Run) -> None:
    code = (
        START
        + "(g,) = torch.autograd.grad(f(w), w, create_graph=True); (h,) = torch.autograd.grad(g.sum(), w)"
    )
    second, _ = run(MULTIPLIED, code, "h.tolist()")
    assert second == pytest.approx([FACTOR**2 * v for v in (6, 12, 18)])


@pytest.mark.parametrize("name", ["torch.autograd.gradcheck", "torch.autograd.gradgradcheck"])
def test_a_gradient_check_says_true(run: Run, name: str) -> None:
    assert run(MULTIPLIED, START, f"{name}(f, w)")[0] is True


def test_no_name_is_left_behind(run: Run) -> None:
    names, _ = run(MULTIPLIED, "", "sorted(globals())")
    assert set(names) <= {"__builtins__", "__name__"}
