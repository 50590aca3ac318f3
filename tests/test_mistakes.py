"""The known mistakes: each against a student's own code, run after the prelude in both worlds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
import torch
from prelude_server import HANDOUT_SNIPPET, Run, prelude_server

from grader.assignment.rubric_file import load_rubric
from rubric.hw4 import canonical, mistakes, variations
from rubric.schema import World

FOLDER = Path(canonical.__file__).parent
RUBRIC = load_rubric(FOLDER)
HANDOUT, SECOND = RUBRIC.worlds
CHECKED = ("h1", "h2", "output", "dW1", "db1", "dW2", "db2", "dW3", "db3")
IDS = [m.id for m in mistakes.MISTAKES]
RTOL = RUBRIC.tolerance.rtol

# ------------------------------------------------------------ what students write, with a mistake

INIT = HANDOUT_SNIPPET
TENSORS = """
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in parameters]
leaves = [W1, b1, W2, b2, W3, b3]
x = torch.tensor(x)
y = torch.tensor(y)
"""
FORWARD = """
z1 = W1 @ x + b1.reshape(-1, 1)
h1 = torch.sigmoid(z1)
z2 = W2 @ h1 + b2.reshape(-1, 1)
h2 = torch.sigmoid(z2)
output = W3 @ h2 + b3.reshape(-1, 1)
"""
LOSS = """
loss = torch.sum((output - y) ** 2) / 2 / x.shape[1]
"""
BACKWARD = """
loss.backward()
"""
SHOW = """
shown = {'h1': h1, 'h2': h2, 'output': output, 'loss': loss, **{f'd{n}': p.grad for n, p in
         zip(('W1', 'b1', 'W2', 'b2', 'W3', 'b3'), leaves)}}
shown = {n: v.detach().tolist() for n, v in shown.items() if v is not None}
"""
# nn.Linear, batch first, float32
MODULES = """
import torch
from torch import nn
net = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 4), nn.Sigmoid(), nn.Linear(4, 2))
leaves = list(net.parameters())
x = torch.tensor(x, dtype=torch.float32).T
y = torch.tensor(y, dtype=torch.float32).T
"""
COPY = """
with torch.no_grad():
    for own, given in zip(leaves, parameters):
        own.copy_(torch.from_numpy(given))
"""
FORWARD_MODULES = """
h1 = net[1](net[0](x))
h2 = net[3](net[2](h1))
output = net[4](h2)
loss = nn.MSELoss()(output, y)
"""
TRANSPOSE = "\nh1, h2, output = h1.T, h2.T, output.T\n"


def tensors(*changes: tuple[str, str]) -> str:
    """The handout's layout in float64, some text replaced."""
    return _changed(INIT + TENSORS + FORWARD + LOSS + BACKWARD + SHOW, changes)


def modules(*changes: tuple[str, str], copy: str = COPY, before_show: str = BACKWARD) -> str:
    """nn.Sequential, batch first in float32, some text replaced."""
    return _changed(INIT + MODULES + copy + FORWARD_MODULES + before_show + TRANSPOSE + SHOW, changes)


def _changed(code: str, changes: tuple[tuple[str, str], ...]) -> str:
    for old, new in changes:
        assert old in code, old
        code = code.replace(old, new)
    return code


def updated(optimiser: str, steps: int = 1) -> str:
    return modules(
        before_show=f"""
optimiser = {optimiser}
for _ in range({steps}):
    optimiser.zero_grad()
    loss = nn.MSELoss()(net(x), y)
    loss.backward()
    optimiser.step()
optimiser.zero_grad()
{FORWARD_MODULES}
loss.backward()
"""
    )


def trained(optimiser: str, steps: int, *, shown_first: bool, zeroed: bool = True) -> str:
    """Layers before the training and gradients after it, or layers after it and the last gradients of it."""
    training = f"""
optimiser = {optimiser}
for _ in range({steps}):
    {"optimiser.zero_grad()" if zeroed else ""}
    nn.MSELoss()(net(x), y).backward()
    optimiser.step()
"""
    if shown_first:
        training += "optimiser.zero_grad()\nnn.MSELoss()(net(x), y).backward()\n"
        return modules(before_show=training).replace(SHOW, SHOW.replace("'loss': loss, ", ""))
    again = FORWARD_MODULES.partition("loss =")[0]
    return modules(before_show=training + again).replace(SHOW, SHOW.replace("'loss': loss, ", ""))


SQUARES = "torch.sum((output - y) ** 2) / 2 / x.shape[1]"
SIGMOID1, SIGMOID2 = "h1 = torch.sigmoid(z1)", "h2 = torch.sigmoid(z2)"
OUTPUT = "output = W3 @ h2 + b3.reshape(-1, 1)"
CODE: dict[tuple[str, ...], str] = {
    (): modules(),
    ("loss_without_half",): tensors((" / 2 /", " /")),
    ("loss_without_batch_mean",): tensors((" / x.shape[1]", "")),
    ("loss_summed",): modules(("MSELoss()", "MSELoss(reduction='sum')")),
    ("loss_mean_over_everything",): modules(("nn.MSELoss()(output, y)", "0.5 * nn.MSELoss()(output, y)")),
    ("loss_divided_by_outputs",): tensors(("x.shape[1]", "output.shape[0]")),
    ("loss_averaged_twice",): tensors((SQUARES, "(0.5 * ((output - y) ** 2).sum(0)).mean() / 5")),
    ("loss_negated",): tensors(("loss = ", "loss = -")),
    ("gradients_accumulated_twice",): tensors(
        ("loss.backward()", "loss.backward(retain_graph=True); loss.backward()")
    ),
    ("gradients_accumulated_three_times",): modules(
        before_show="for _ in range(3): nn.MSELoss()(net(x), y).backward()\n"
    ),
    ("gradients_zeroed",): modules(before_show="loss.backward(); net.zero_grad(set_to_none=False)"),
    ("loss_absolute",): modules(("MSELoss", "L1Loss")),
    ("loss_smooth_l1",): modules(("MSELoss", "HuberLoss")),
    ("loss_cross_entropy",): modules(("MSELoss", "CrossEntropyLoss")),
    ("loss_bce_with_logits",): modules(("MSELoss", "BCEWithLogitsLoss")),
    ("loss_root",): tensors((SQUARES, "torch.sqrt(torch.mean((y - output) ** 2))")),
    ("loss_norm",): tensors((SQUARES, "torch.linalg.norm(output - y)")),
    ("loss_not_squared",): tensors((" ** 2)", ")")),
    ("loss_square_of_sum",): tensors((SQUARES, "(0.5 * (output - y).sum(0) ** 2).mean()")),
    ("loss_square_of_mean",): tensors((SQUARES, "(0.5 * (output - y).mean(1) ** 2).sum()")),
    ("loss_class_cross_entropy",): modules(
        ("nn.MSELoss()(output, y)", "nn.CrossEntropyLoss()(output, y.argmax(1))")
    ),
    ("loss_every_pair",): modules(("(output, y)", "(output.reshape(-1, 1), y.reshape(-1))")),
    ("loss_targets_as_slope",): tensors(("loss.backward()", "output.backward(y)"), ("'loss': loss, ", "")),
    ("loss_outputs_summed",): modules(("loss = nn.MSELoss()(output, y)", "loss = output.sum()")),
    ("loss_last_instance",): tensors((SQUARES, "sum(0.5 * (output[k, 4] - y[k, 4]) ** 2 for k in range(2))")),
    ("no_activation_both",): tensors((SIGMOID1, "h1 = z1"), (SIGMOID2, "h2 = z2")),
    ("no_activation_first",): tensors((SIGMOID1, "h1 = z1")),
    ("no_activation_second",): tensors((SIGMOID2, "h2 = z2")),
    ("relu_both",): modules(("nn.Sigmoid()", "nn.ReLU()")),
    ("tanh_first",): tensors((SIGMOID1, "h1 = torch.tanh(z1)")),
    ("leaky_relu_both",): modules(("nn.Sigmoid()", "nn.LeakyReLU()")),
    ("gelu_both",): modules(("nn.Sigmoid()", "nn.GELU()")),
    ("softmax_both",): modules(("nn.Sigmoid()", "nn.Softmax(dim=1)")),
    ("softmax_over_batch_both",): tensors(("torch.sigmoid(", "torch.nn.functional.softmax(dim=1, input=")),
    ("sigmoid_twice_second",): tensors((SIGMOID2, "h2 = torch.sigmoid(torch.sigmoid(z2))")),
    ("sigmoid_sign_both",): tensors(
        (SIGMOID1, "h1 = 1 / (1 + z1.exp())"), (SIGMOID2, "h2 = 1 / (1 + z2.exp())")
    ),
    ("output_sigmoid",): tensors((OUTPUT, f"{OUTPUT}\noutput = torch.sigmoid(output)")),
    ("output_relu",): tensors((OUTPUT, f"{OUTPUT}\noutput = output.clamp(min=0)")),
    ("output_softmax",): modules(("output = net[4](h2)", "output = net[4](h2).softmax(1)")),
    ("output_log_softmax",): modules(("output = net[4](h2)", "output = net[4](h2).log_softmax(1)")),
    ("preactivation_passed_on_first",): tensors(("W2 @ h1", "W2 @ z1")),
    ("preactivation_passed_on_second",): tensors(("W3 @ h2", "W3 @ z2")),
    ("inputs_activated",): tensors(("W1 @ x", "W1 @ torch.sigmoid(x)")),
    ("bias_after_activation",): tensors(
        ("z1 = W1 @ x + b1.reshape(-1, 1)", "z1 = W1 @ x"), (SIGMOID1, f"{SIGMOID1} + b1.reshape(-1, 1)"),
        ("z2 = W2 @ h1 + b2.reshape(-1, 1)", "z2 = W2 @ h1"), (SIGMOID2, f"{SIGMOID2} + b2.reshape(-1, 1)"),
    ),
    ("preactivation_printed_both",): tensors(("'h1': h1, 'h2': h2", "'h1': z1, 'h2': z2")),
    ("no_activation_derivative",): INIT + """
W1, b1, W2, b2, W3, b3 = parameters
h1 = 1 / (1 + np.exp(-W1 @ x)); h2 = 1 / (1 + np.exp(-W2 @ h1)); output = W3 @ h2
d3 = (output - y) / 5; d2 = W3.T @ d3; d1 = W2.T @ d2
shown = {'h1': h1, 'h2': h2, 'output': output, 'dW1': d1 @ x.T, 'db1': d1.sum(1), 'dW2': d2 @ h1.T,
         'db2': d2.sum(1), 'dW3': d3 @ h2.T, 'db3': d3.sum(1)}
shown = {n: v.tolist() for n, v in shown.items()}
""",
    ("no_seed",): tensors(("np.random.seed(12345)", "")),
    ("seed_42",): tensors(("12345", "42")),
    ("seed_0",): tensors(
        ("np.random.seed(12345)", "rng = np.random.RandomState(0)"), ("np.random.rand", "rng.rand")
    ),
    ("drawn_again",): tensors(("import torch", "parameters, x, y = initialize(3, 4, 2, 5); import torch")),
    ("seeded_each_draw",): tensors(
        ("np.random.seed(12345)", ""), ("np.random.rand(", "seeded().rand("),
        ("def initialize", "seeded = lambda: np.random.RandomState(12345)\ndef initialize"),
        ("np.random.randn(hidden_dim, input_dim)", "seeded().randn(hidden_dim, input_dim)"),
        ("np.random.randn(hidden_dim, hidden_dim)", "seeded().randn(hidden_dim, hidden_dim)"),
        ("np.random.randn(output_dim, hidden_dim)", "seeded().randn(output_dim, hidden_dim)"),
        ("np.random.randn(output_dim, batch_size)", "seeded().randn(output_dim, batch_size)"),
    ),
    ("weights_zero",): tensors(("* 0.01", "* 0")),
    ("parameters_whole",): tensors(("torch.tensor(p,", "torch.tensor(p.astype(int),")),
    ("W1_reshaped",): tensors(("torch.tensor(p,", "torch.tensor(p.reshape(3, 4).T if len(p.T) == 3 else p,")),
    ("torch_layers_initialised",): modules(copy=""),
    ("torch_layers_initialised_seed_42",): modules(("net =", "torch.manual_seed(42); net ="), copy=""),
    ("torch_biases_initialised",): modules(("(leaves, parameters)", "(leaves[::2], parameters[::2])")),
    ("torch_generator_seed_12345",): tensors(
        ("np.random.seed", "import torch; torch.manual_seed"),
        ("np.random", "torch"), ("np.zeros", "torch.zeros"),
        ("torch.tensor(p, dtype=torch.float64, requires_grad=True)", "p.double().requires_grad_()"),
        ("torch.tensor(x)", "x.double()"), ("torch.tensor(y)", "y.double()"),
    ),
    ("default_rng",): tensors(
        ("np.random.seed(12345)", "rng = np.random.default_rng(12345)"),
        ("np.random.randn(hidden_dim, input_dim)", "rng.standard_normal((hidden_dim, input_dim))"),
        ("np.random.randn(hidden_dim, hidden_dim)", "rng.standard_normal((hidden_dim, hidden_dim))"),
        ("np.random.randn(output_dim, hidden_dim)", "rng.standard_normal((output_dim, hidden_dim))"),
        ("np.random.rand(input_dim, batch_size)", "rng.random((input_dim, batch_size))"),
        ("np.random.randn(output_dim, batch_size)", "rng.standard_normal((output_dim, batch_size))"),
    ),
    ("weight_factor_0_1",): tensors(("* 0.01", "* 0.1")),
    ("inputs_and_targets_drawn_first",): tensors(
        ("    y = np.random.randn(output_dim, batch_size)\n", ""),
        ("    x = np.random.rand(input_dim, batch_size)\n", ""),
        ("    W1 =", "    x = np.random.rand(input_dim, batch_size)\n"
                     "    y = np.random.randn(output_dim, batch_size)\n    W1 ="),
    ),
    ("biases_drawn",): tensors(("np.zeros((hidden_dim,))", "np.random.randn(hidden_dim) * 0.01"),
                               ("np.zeros((output_dim,))", "np.random.normal(0, 0.01, output_dim)")),
    ("biases_one",): tensors(("np.zeros", "np.ones")),
    ("inputs_drawn_by_randn",): tensors(("np.random.rand(", "np.random.randn(")),
    ("weights_and_targets_drawn_by_rand",): tensors(("np.random.randn(", "np.random.rand(")),
    ("W2_transposed",): tensors(
        ("W2 @ h1", "W2.T @ h1")
    ),
    ("weights_reshaped",): modules(
        copy="\nwith torch.no_grad():\n    for own, given in zip(leaves[::2], parameters[::2]):\n"
             "        own.copy_(torch.from_numpy(given.reshape(given.shape[::-1]).T))\n"
             "    for own in leaves[1::2]:\n        own.zero_()\n"
    ),
    ("inputs_reshaped",): modules(("x = torch.tensor(x, dtype=torch.float32).T",
                                   "x = torch.tensor(x, dtype=torch.float32).reshape(5, 3)")),
    ("inputs_and_targets_reshaped",): modules(
        (", dtype=torch.float32).T", ", dtype=torch.float32).view(5, -1)")
    ),
    ("first_instance_only",): modules(("x = torch", "x, y = x[:, :1], y[:, :1]\nx = torch"),
                                      ("nn.MSELoss()(output, y)", "((output - y) ** 2).sum() / 2")),
    ("parameters_rounded_4",): tensors(("torch.tensor(p,", "torch.tensor(p.round(4),")),
    ("after_1_SGD_0_1",): updated("torch.optim.SGD(net.parameters(), lr=0.1)"),
    ("after_9_SGD_0_01",): updated("torch.optim.SGD(net.parameters(), lr=0.01)", 9),
    ("after_1_adam_0_01",): updated("torch.optim.Adam(net.parameters(), lr=0.01)"),
    ("after_2_adam_0_001",): updated("torch.optim.Adam(net.parameters())", 2),
    # numbers that only the code knows
    ("seed_31415",): tensors(("12345", "31415")),
    ("weight_factor_0_03",): tensors(("* 0.01", "* 0.03")),
    ("gradients_accumulated_7_times",): modules(
        before_show="for _ in range(7): nn.MSELoss()(net(x), y).backward()\n"
    ),
    ("gradients_after_3_SGD_0_2",): trained("torch.optim.SGD(net.parameters(), lr=0.2)", 3, shown_first=True),
    ("layers_after_4_momentum_0_02",): trained(
        "torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)", 4, shown_first=False
    ),
    ("layers_after_3_unzeroed_0_05",): trained(
        "torch.optim.SGD(net.parameters(), lr=0.05)", 3, shown_first=False, zeroed=False
    ),
    ("loss_quartered",): modules(("nn.MSELoss()(output, y)", "nn.MSELoss()(output, y) / 4")),
    ("loss_divided_by_inputs",): tensors((" / x.shape[1]", " / len(x)")),
    ("loss_targets_forgotten",): tensors(("(output - y)", "(output - 0 * y)")),
    ("loss_mean_norm",): tensors((SQUARES, "torch.linalg.norm(output - y, dim=0).mean()")),
    ("loss_last_output",): tensors((SQUARES, "(0.5 * (output[1] - y[1]) ** 2).mean()")),
    ("W3_drawn_before_W2",): tensors(
        ("    W3 = np.random.randn(output_dim, hidden_dim) * 0.01\n", ""),
        ("    W2 =", "    W3 = np.random.randn(output_dim, hidden_dim) * 0.01\n    W2 ="),
    ),
    # pairs
    ("loss_without_half", "seed_42"): tensors(("12345", "42"), (" / 2 /", " /")),
    ("relu_both", "output_sigmoid"): modules(
        ("nn.Sigmoid()", "nn.ReLU()"), ("net[4](h2)", "torch.sigmoid(net[4](h2))")
    ),
    ("weight_factor_1_0", "loss_without_batch_mean"): tensors(("* 0.01", ""), (" / x.shape[1]", "")),
    ("after_1_SGD_0_1", "loss_summed"): tensors(
        ("loss.backward()", "loss.backward()\nfor p in leaves:\n    p.data -= 0.1 * p.grad\n    p.grad = None"
         + FORWARD + LOSS + "loss.backward()"), (SQUARES, "((output - y) ** 2).sum()")),
    ("inputs_reshaped", "no_activation_second"): tensors(
        (SIGMOID2, "h2 = z2"), ("x = torch.tensor(x)", "x = torch.tensor(x).reshape(5, 3).T")),
}  # fmt: skip


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with prelude_server() as run:
        yield run


@pytest.mark.parametrize("world", RUBRIC.worlds, ids=lambda w: w.name)
@pytest.mark.parametrize("ids", CODE, ids=lambda ids: "+".join(ids) or "none")
def test_a_student_who_does_this_gets_these_numbers(run: Run, world: World, ids: tuple[str, ...]) -> None:
    shown, _ = run(world, CODE[ids], "shown")
    if ".backward(" not in CODE[ids] and "autograd" not in CODE[ids]:
        world = world.without_autograd
    predicted = variant(world, ids) if ids else canonical.quantities(world)
    assert predicted is not None
    assert set(CHECKED) <= set(shown)
    for name, values in shown.items():
        actual = torch.tensor(values, dtype=torch.float64)
        scale = predicted[name].abs().max().item()
        # float32 against float64; Adam divides by the roots of tiny gradients
        slack = 1e-4 if any("adam" in i for i in ids) else 2e-5
        torch.testing.assert_close(actual, predicted[name], rtol=0, atol=slack * scale + 1e-9, msg=name)


# ------------------------------------------------------------------------------- the list itself


def variant(world: World, ids: tuple[str, ...]) -> dict[str, torch.Tensor] | None:
    """As tensors, like the solution's."""
    found = mistakes.variant(world, ids)
    return None if found is None else {n: torch.tensor(v, dtype=torch.float64) for n, v in found.items()}


def quantities(world: World, v: variations.Variation) -> dict[str, torch.Tensor]:
    """As tensors, like the solution's."""
    return {n: torch.tensor(x, dtype=torch.float64) for n, x in variations.quantities(world, v).items()}


def distance(one: torch.Tensor, other: torch.Tensor) -> float:
    """Largest difference, relative to the largest magnitude; 1 for other shapes."""
    if one.shape != other.shape:
        return 1.0
    return ((one - other).abs().max() / max(one.abs().max(), other.abs().max(), torch.tensor(1e-30))).item()


def test_ids_are_unique_and_well_described() -> None:
    assert len(set(IDS)) == len(IDS)
    tags = {"seed", "init", "network", "output_activation", "loss", "backward", "data", "print"}
    for mistake in mistakes.MISTAKES:
        assert mistake.touches
        assert mistake.touches <= tags
        assert mistake.message.endswith((".", "?"))
        assert mistake.detail.endswith(".")


def test_the_right_variation_is_the_solution() -> None:
    for world in RUBRIC.worlds:
        found, expected = quantities(world, variations.RIGHT), canonical.quantities(world)
        beside = {"residual", "shortfall", "doutput", "dz2", "dh2", "dz1", "dh1"}
        assert set(expected) - set(found) == beside
        for name, value in found.items():
            torch.testing.assert_close(value, expected[name], rtol=1e-12, atol=1e-17)


@pytest.mark.parametrize("id", IDS)
def test_every_mistake_shows_in_the_second_world(id: str) -> None:
    found, expected = variant(SECOND, (id,)), canonical.quantities(SECOND)
    assert found is not None
    assert set(found) <= set(expected)
    assert max(distance(found[n], expected[n]) for n in CHECKED if n in found) > 10 * RTOL


# changes smaller than the tolerance in some tensor; the others tell
TOO_SMALL = {i for i in IDS if "_rounded_" in i}


def test_what_a_mistake_changes_it_changes_visibly() -> None:
    expected = canonical.quantities(SECOND)
    for id in set(IDS) - TOO_SMALL:
        found = variant(SECOND, (id,))
        assert found is not None
        for name in CHECKED:
            if name in found:
                gap = distance(found[name], expected[name])
                assert gap < 1e-9 or gap > 6 * RTOL, (id, name, gap)


# the same numbers in every checked quantity, in any world
COINCIDENCES = {
    frozenset({"loss_without_half", "gradients_accumulated_twice"}): "×2; only a printed loss tells",
    frozenset({"loss_not_squared", "loss_outputs_averaged"}): "½·(1/M)·Σ(f-y) has the gradients of mean(f)",
}


def test_mistakes_are_told_apart_in_the_second_world_except_for_coincidences() -> None:
    found = {id: variant(SECOND, (id,)) or {} for id in IDS}
    alike = {
        frozenset({one, other})
        for one, other in combinations(IDS, 2)
        if found[one].keys() == found[other].keys()
        and all(distance(found[one][n], found[other][n]) < 10 * RTOL for n in CHECKED if n in found[one])
    }
    assert alike == set(COINCIDENCES)


def test_mse_loss_is_the_handouts_loss() -> None:
    """A coincidence of two outputs, no mistake: the mean over all entries equals equation (1)."""
    both = variations.Variation(half=1.0, divisor="entries")
    expected = canonical.quantities(SECOND)
    for name, value in quantities(SECOND, both).items():
        torch.testing.assert_close(value, expected[name])


def test_pairs_combine_in_any_order_or_not_at_all() -> None:
    pairs = list(combinations(IDS, 2))
    for one, other in pairs[:: len(pairs) // 300]:
        found, swapped = variant(SECOND, (one, other)), variant(SECOND, (other, one))
        assert (found is None) == (swapped is None)
        if found is not None and swapped is not None:
            assert all(torch.equal(found[n], swapped[n]) for n in found)
    assert variant(SECOND, ("seed_42", "seed_1")) is None
    assert variant(SECOND, ("loss_without_half", "loss_summed")) is None


def test_factors_multiply() -> None:
    found = variant(HANDOUT, ("loss_without_half", "gradients_accumulated_twice", "loss_negated"))
    expected = canonical.quantities(HANDOUT)
    assert found is not None
    torch.testing.assert_close(found["dW2"], -4 * expected["dW2"])
    torch.testing.assert_close(found["loss"], -2 * expected["loss"])
    torch.testing.assert_close(found["h2"], expected["h2"])


def test_a_dropped_layer_has_no_values() -> None:
    found = variant(SECOND, ("one_hidden_layer",))
    assert found is not None
    assert not {"h2", "z2", "dW2", "db2"} & set(found)


def test_an_unknown_mistake_is_an_error() -> None:
    for id in ("no_such_mistake", "seed_", "after_0_SGD_0_1", "after_3_magic_0_1"):
        with pytest.raises(KeyError):
            variant(SECOND, (id,))


def test_numbers_in_the_code_suggest_mistakes() -> None:
    words = frozenset({"seed", "777777", "0.01", "3", "4", "2", "5", "0.25", "lr", "lr:0.25", "6", "range:6"})
    found = {m.id: m for m in mistakes.candidates(words)}
    assert {"seed_777777", "weight_factor_0_25", "gradients_accumulated_6_times"} <= set(found)
    assert {"after_6_SGD_0_25", "gradients_after_6_SGD_0_25", "layers_after_6_SGD_0_25"} <= set(found)
    assert not found["after_6_SGD_0_25"].rare
    assert found["after_4_SGD_0_25"].rare
    for id in found:
        assert variant(HANDOUT, (id,)) is not None


def test_code_without_updates_suggests_none() -> None:
    assert not any("after" in m.id for m in mistakes.candidates(frozenset({"0.1", "10", "seed"})))


def test_all_singles_are_computed_fast() -> None:
    variations.forget()
    start = time.process_time()
    for world in RUBRIC.worlds:
        for id in IDS:
            variant(world, (id,))
    assert time.process_time() - start < 2.0  # 0.5 s on an idle machine
