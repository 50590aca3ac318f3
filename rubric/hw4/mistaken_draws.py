"""Mistakes in the random numbers: seed, generator, order, distribution, scale."""

from __future__ import annotations

from itertools import permutations

from .choices import HANDOUT_SEED, RIGHT, Variation
from .known import Known, known

SEEDS = (
    0, 1, 2, 3, 4, 5, 7, 10, 12, 13, 42, 99, 100, 111, 123, 321, 777, 1000, 1234, 1337, 2020, 2021, 2022,
    2023, 2024, 2025, 2026, 12346, 123456, 1234567, 12354, 54321,
)  # fmt: skip
_POPULAR = {0, 1, 42, 123, 1234, 12346}
FACTORS = (1.0, 0.1, 0.001, 0.0001, 0.02, 0.05, 0.5)
_ORDERS = {
    "inputs_and_targets_drawn_first": ("x", "y", "W1", "W2", "W3"),
    "inputs_drawn_first": ("x", "W1", "W2", "W3", "y"),
    "targets_drawn_before_inputs": ("W1", "W2", "W3", "y", "x"),
    "targets_and_inputs_drawn_first": ("y", "x", "W1", "W2", "W3"),
    "weights_drawn_backwards": ("W3", "W2", "W1", "x", "y"),
    "W3_drawn_before_W2": ("W1", "W3", "W2", "x", "y"),
}


def _other_orders() -> list[tuple[str, tuple[str, ...]]]:
    """Weights in any order, x and y before, behind or around them."""
    found = []
    for weights in permutations(("W1", "W2", "W3")):
        for first, last in (("", "xy"), ("", "yx"), ("xy", ""), ("yx", ""), ("x", "y"), ("y", "x")):
            order = (*first, *weights, *last)
            if order not in _ORDERS.values() and order != RIGHT.order:
                found.append((f"drawn_in_order_{'_'.join(order)}", order))
    return found


def seeded(seed: int, *, likely: bool = False) -> Known:
    """numpy's generator under another seed; likely: the code calls this number a seed."""
    return known(
        f"seed_{seed}", "seed",
        "You used another seed than the handout's snippet.",
        f"np.random.seed({seed}) instead of {HANDOUT_SEED}.",
        Variation(seed=seed), signs=f"{seed:.12g}", rare=not likely and seed not in _POPULAR,
    )  # fmt: skip


def layers_seeded(seed: int) -> Known:
    """nn.Linear's own values after torch.manual_seed."""
    return known(
        f"torch_layers_initialised_seed_{seed}", "init",
        "Your layers keep the random values that PyTorch gave them; the handout's have to be copied in.",
        f"nn.Linear's default initialisation after torch.manual_seed({seed}); x and y from the snippet.",
        Variation(weights_of_linear=True, linear_seed=seed), signs="manual_seed",
    )  # fmt: skip


def biases_seeded(seed: int) -> Known:
    """nn.Linear's own biases after torch.manual_seed."""
    return known(
        f"torch_biases_initialised_seed_{seed}", "init",
        "You copied the weights into your layers but not the biases: PyTorch's are not zero.",
        f"nn.Linear's default biases after torch.manual_seed({seed}); the weights from the snippet.",
        Variation(biases_of_linear=True, linear_seed=seed), signs="manual_seed",
    )  # fmt: skip


def generator_seeded(seed: int) -> Known:
    """torch's generator in numpy's place."""
    return known(
        f"torch_generator_seed_{seed}", "init seed",
        "PyTorch's generator gives other numbers than numpy's, also with the same seed.",
        f"torch.manual_seed({seed}), then torch.randn, torch.rand in the snippet's order (float32).",
        Variation(source="torch", seed=seed), signs="manual_seed",
    )  # fmt: skip


def rng_seeded(seed: int) -> Known:
    """numpy's new generator in place of the old one."""
    return known(
        "default_rng" if seed == HANDOUT_SEED else f"default_rng_{seed}", "init seed",
        "np.random.default_rng gives other numbers than np.random.seed with the same seed.",
        f"np.random.default_rng({seed}) in the snippet's order.",
        Variation(source="default_rng", seed=seed), signs="default_rng",
    )  # fmt: skip


def scaled(factor: float) -> Known:
    """Weights of another magnitude."""
    return known(
        f"weight_factor_{str(factor).replace('.', '_')}", "init",
        "The scale of your weights is not the snippet's.",
        f"Weights times {factor:g} instead of 0.01.",
        Variation(weight_factor=factor),
        signs="" if factor == 1 else f"{factor:.12g}", rare=factor not in (1.0, 0.1, 0.001),
    )  # fmt: skip


def biases(value: float) -> Known:
    """Biases that start elsewhere than at zero."""
    name = {1.0: "one", 0.01: "small"}.get(value, str(value).replace(".", "_"))
    return known(
        f"biases_{name}", "init",
        "Your biases don't start where the snippet puts them.",
        f"All biases {value:g} instead of 0.",
        Variation(bias_value=value), signs="ones ones_ ones_like" if value == 1 else f"{value:.12g}",
    )  # fmt: skip


INIT = (
    known(
        "no_seed", "seed",
        "Your numbers are random ones: np.random.seed was not called before the parameters were drawn.",
        "numpy's generator was never seeded (the prelude's fixed state is reproduced).",
        Variation(seed=None),
    ),
    *(seeded(seed) for seed in SEEDS),
    known(
        "drawn_again", "seed",
        "You called initialize twice without seeding again: the second call draws other numbers.",
        "The values of the second call of initialize after seeding.",
        Variation(calls_before=1),
    ),
    known(
        "drawn_three_times", "seed",
        "You called initialize three times without seeding again: every call draws other numbers.",
        "The values of the third call of initialize after seeding.",
        Variation(calls_before=2), rare=True,
    ),
    known(
        "torch_layers_initialised", "init",
        "Your layers keep the random values that PyTorch gave them; the handout's have to be copied in.",
        "nn.Linear's default initialisation, torch not seeded; x and y from the snippet.",
        Variation(weights_of_linear=True), signs="Linear",
    ),
    *(layers_seeded(seed) for seed in (HANDOUT_SEED, 0, 42)),
    known(
        "torch_biases_initialised", "init",
        "You copied the weights into your layers but not the biases: PyTorch's are not zero.",
        "nn.Linear's default biases, torch not seeded; the weights from the snippet.",
        Variation(biases_of_linear=True), signs="Linear",
    ),
    biases_seeded(HANDOUT_SEED),
    generator_seeded(HANDOUT_SEED),
    known(
        "torch_generator_unseeded", "init seed",
        "PyTorch's generator gives other numbers than numpy's, and np.random.seed does not seed it.",
        "torch.randn and torch.rand in the snippet's order (float32), torch not seeded.",
        Variation(source="torch", seed=None), rare=True,
    ),
    rng_seeded(HANDOUT_SEED),
    *(scaled(factor) for factor in FACTORS),
    *(
        known(
            id, "init",
            "You drew the random numbers in another order than the snippet; each draw moves all later ones.",
            f"Drawn in the order {', '.join(order)}.",
            Variation(order=order), rare=id not in _ORDERS,
        )
        for id, order in (*_ORDERS.items(), *_other_orders())
    ),
    known(
        "biases_drawn", "init",
        "You drew the biases at random; the snippet sets them to zero.",
        "Biases randn * 0.01, each drawn after its weights.",
        Variation(order=("W1", "b1", "W2", "b2", "W3", "b3", "x", "y")),
    ),
    *(biases(value) for value in (1.0, 0.01)),
    *(
        known(
            f"{name}_drawn_by_{function}", "init",
            f"You drew {', '.join(changed)} from another distribution than the snippet.",
            f"{', '.join(changed)} drawn by {function}.",
            Variation(uniform=frozenset({"x"} ^ set(changed))),
        )
        for name, function, changed in (
            ("inputs", "randn", ("x",)),
            ("targets", "rand", ("y",)),
            ("weights", "rand", ("W1", "W2", "W3")),
        )
    ),
    known(
        "weights_and_targets_drawn_by_rand", "init",
        "You drew everything from the uniform distribution; rand and randn are two functions.",
        "rand instead of randn everywhere.",
        Variation(uniform=frozenset({"W1", "W2", "W3", "x", "y"})),
    ),
)  # fmt: skip
