"""The mistakes that the corpus makes on purpose, each one an edit of a student's plan."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .truth import CHECKS, GRADIENTS, LAYERS, Recipe


@dataclass(frozen=True)
class Plan:
    """What the notebook computes and what it shows for each check.

    shown: check → what its print shows: a quantity; "" nothing; or a quantity with a treatment:
    "-q" negated, "q:first" first instance, "q:one" one entry changed, "q:shape", "q:norm", "q:typed".
    swapped: the labels of these checks are exchanged, their values are right.
    """

    recipe: Recipe = field(default_factory=Recipe)
    unseeded: bool = False
    default_init: bool = False
    detach: str = ""
    no_bias: bool = False
    shown: dict[str, str] = field(default_factory=lambda: {c: c for c in CHECKS})
    swapped: frozenset[str] = frozenset()
    grads: str = "after"  # after, before (None) or zeroed
    error: str = ""  # "", loss, or the check whose print names a variable that does not exist


Edit = Callable[[Plan, random.Random], Plan]


@dataclass(frozen=True)
class CorpusMistake:
    """One mistake.

    slot: two mistakes of one slot are never combined. needs: what a style must be able to do.
    """

    id: str
    slot: str
    edit: Edit
    needs: str = ""
    plain_print: bool = False
    named: bool = True  # a diagnosis by name can be expected


def _recipe(**changes: object) -> Edit:
    return lambda plan, rng: replace(plan, recipe=replace(plan.recipe, **changes))  # type: ignore[arg-type]


def _plan(**changes: object) -> Edit:
    return lambda plan, rng: replace(plan, **changes)  # type: ignore[arg-type]


def _show(**changes: str) -> Edit:
    return lambda plan, rng: replace(plan, shown=plan.shown | changes)


def _treat(checks: tuple[str, ...], treatment: str) -> Edit:
    return _show(**{c: f"{c}:{treatment}" for c in checks})


def _hide(*checks: str) -> Edit:
    return _show(**dict.fromkeys(checks, ""))


def _one_entry(plan: Plan, rng: random.Random) -> Plan:
    check = rng.choice(CHECKS)
    return replace(plan, shown=plan.shown | {check: f"{check}:one"})


def _copied(plan: Plan, rng: random.Random) -> Plan:
    kept, lost = rng.choice([("db2", "db1"), ("db1", "db2"), ("h1", "h2"), ("h2", "h1")])
    return replace(plan, shown=plan.shown | {lost: kept})


def _swapped(plan: Plan, rng: random.Random) -> Plan:
    a, b = rng.choice([("db1", "db2"), ("h1", "h2")])
    return replace(plan, swapped=frozenset({a, b}), shown=plan.shown | {a: b, b: a})


def _misspelled(plan: Plan, rng: random.Random) -> Plan:
    return replace(plan, error=rng.choice(["h2", "output", "db1", "dW3"]))


def _seed(plan: Plan, rng: random.Random) -> Plan:
    seed = rng.choice([0, 1, 42, 123, 1234, 123456, 2023])
    return replace(plan, recipe=replace(plan.recipe, seed=seed))


def _few_updates(plan: Plan, rng: random.Random) -> Plan:
    recipe = replace(plan.recipe, steps=rng.choice([1, 1, 3, 10]), rate=rng.choice([0.1, 0.01, 0.5]))
    return replace(plan, recipe=recipe)


def _layers_after_updates(plan: Plan, rng: random.Random) -> Plan:
    recipe = replace(plan.recipe, steps=rng.choice([5, 10]), rate=0.1, layers_after_steps=True)
    return replace(plan, recipe=recipe)


MISTAKES: tuple[CorpusMistake, ...] = (
    # the loss
    CorpusMistake("no_half", "loss", _recipe(loss="no_half")),
    CorpusMistake("no_mean", "loss", _recipe(loss="no_mean")),
    CorpusMistake("sum_of_squares", "loss", _recipe(loss="sum_of_squares")),
    CorpusMistake("mean_everything", "loss", _recipe(loss="mean_everything")),
    CorpusMistake("mean_over_outputs", "loss", _recipe(loss="mean_over_outputs")),
    CorpusMistake("quarter", "loss", _recipe(loss="quarter")),
    CorpusMistake("negative_loss", "loss", _recipe(loss="negative")),
    CorpusMistake("absolute_error", "loss", _recipe(loss="absolute")),
    CorpusMistake("root_of_loss", "loss", _recipe(loss="root")),
    CorpusMistake("huber", "loss", _recipe(loss="huber")),
    CorpusMistake("targets_forgotten", "loss", _recipe(loss="targets_forgotten")),
    CorpusMistake("first_instance_loss", "loss", _recipe(loss="first_instance")),
    # activations
    CorpusMistake("relu", "hidden", _recipe(act1="relu", act2="relu")),
    CorpusMistake("tanh", "hidden", _recipe(act1="tanh", act2="tanh")),
    CorpusMistake("leaky_relu", "hidden", _recipe(act1="leaky", act2="leaky")),
    CorpusMistake("no_activation", "hidden", _recipe(act1="none", act2="none")),
    CorpusMistake("relu_first", "hidden", _recipe(act1="relu")),
    CorpusMistake("relu_second", "hidden", _recipe(act2="relu")),
    CorpusMistake("tanh_second", "hidden", _recipe(act2="tanh")),
    CorpusMistake("no_activation_first", "hidden", _recipe(act1="none")),
    CorpusMistake("no_activation_second", "hidden", _recipe(act2="none")),
    CorpusMistake("sigmoid_output", "head", _recipe(act_out="sigmoid")),
    CorpusMistake("relu_output", "head", _recipe(act_out="relu")),
    CorpusMistake("tanh_output", "head", _recipe(act_out="tanh")),
    # data and initialisation
    CorpusMistake("wrong_seed", "data", _seed),
    CorpusMistake("no_seed", "data", _plan(unseeded=True)),
    CorpusMistake("second_draw", "data", _recipe(draws=2)),
    CorpusMistake("data_first", "data", _recipe(order="data_first")),
    CorpusMistake("w3_first", "data", _recipe(order="w3_first")),
    CorpusMistake("default_init", "data", _plan(default_init=True), needs="default_init"),
    CorpusMistake("no_scale", "scale", _recipe(spread=1.0)),
    CorpusMistake("scale_tenth", "scale", _recipe(spread=0.1)),
    CorpusMistake("inputs_randn", "inputs", _recipe(inputs="randn")),
    CorpusMistake("bias_ones", "bias", _recipe(bias=1.0)),
    CorpusMistake("w2_transposed", "w2", _recipe(w2_transposed=True), needs="w2_transposed"),
    # gradients
    CorpusMistake("accumulated_2", "backward", _recipe(passes=2), needs="backward"),
    CorpusMistake("accumulated_3", "backward", _recipe(passes=3), needs="backward"),
    CorpusMistake("accumulated_10", "backward", _recipe(passes=10), needs="backward"),
    CorpusMistake("after_updates", "backward", _few_updates, needs="backward"),
    CorpusMistake("all_after_updates", "backward", _layers_after_updates, needs="backward"),
    CorpusMistake("before_backward", "backward", _plan(grads="before"), "backward", True, named=False),
    CorpusMistake("zeroed", "backward", _plan(grads="zeroed"), "backward", named=False),
    CorpusMistake("detached_h1", "graph", _plan(detach="h1"), "detach", True, named=False),
    CorpusMistake("detached_h2", "graph", _plan(detach="h2"), "detach", True, named=False),
    CorpusMistake("no_biases", "bias", _plan(no_bias=True), "no_bias", True, named=False),
    CorpusMistake("negated_print", "print_g", _show(**{c: "-" + c for c in GRADIENTS}), named=False),
    CorpusMistake("weights_printed", "print_g", _show(**{c: c[1:] for c in GRADIENTS}), named=False),
    # prints
    CorpusMistake("preactivations", "print_l", _show(h1="z1", h2="z2"), needs="preactivations"),
    CorpusMistake("preactivation_first", "print_l", _show(h1="z1"), needs="preactivations"),
    CorpusMistake("preactivation_second", "print_l", _show(h2="z2"), needs="preactivations"),
    CorpusMistake("only_output", "print_l", _hide("h1", "h2"), named=False),
    CorpusMistake("no_output", "print_l", _hide("output"), named=False),
    CorpusMistake("no_bias_gradients", "print_g", _hide("db1", "db2", "db3"), named=False),
    CorpusMistake("first_layer_only", "print_g", _hide("dW2", "db2", "dW3", "db3"), named=False),
    CorpusMistake("no_gradients", "print_g", _hide(*GRADIENTS), named=False),
    CorpusMistake("copied_line", "print_c", _copied, named=False),
    CorpusMistake("swapped_labels", "print_c", _swapped, named=False),
    CorpusMistake("one_entry", "print_c", _one_entry, named=False),
    CorpusMistake("first_instance_shown", "print_l", _treat(LAYERS, "first"), named=False),
    CorpusMistake("shapes_only", "print_l", _treat(LAYERS, "shape"), plain_print=True, named=False),
    CorpusMistake("norms_only", "print_g", _treat(GRADIENTS, "norm"), plain_print=True, named=False),
    CorpusMistake("layers_typed", "print_l", _treat(LAYERS, "typed"), named=False),
    CorpusMistake("gradients_typed", "print_g", _treat(GRADIENTS, "typed"), named=False),
    # errors
    CorpusMistake("error_in_loss", "error", _plan(error="loss"), named=False),
    CorpusMistake("misspelled", "error", _misspelled, plain_print=True, named=False),
)  # fmt: skip
BY_ID = {m.id: m for m in MISTAKES}

_CLASHES = {  # slot → slots whose mistakes it would hide or blur
    "print_g": {"error"},
    "print_l": {"error"},
    "print_c": {"print_l", "print_g", "error", "backward", "graph"},
    "graph": {"error", "backward", "print_g"},
    "backward": {"error", "print_g"},
    "bias": {"graph", "print_g", "print_c", "backward", "error"},
    "data": {"bias", "w2"},
    "scale": {"data"},
}


def combinable(a: CorpusMistake, b: CorpusMistake) -> bool:
    """Whether a student can make both, and the truth stays clear."""
    if a.slot == b.slot or a.slot in _CLASHES.get(b.slot, ()) or b.slot in _CLASHES.get(a.slot, ()):
        return False
    return not (a.needs and b.needs and a.needs != b.needs)
