"""The known misconceptions of Homework 4, each a named variation of the canonical solution.

Mistakes combine when they change different choices of `choices.Variation`. `MISTAKES` is ordered:
where two of them give the same printed numbers (README.md lists which), the earlier one is likelier.
`candidates` adds those whose numbers stand in a notebook's code: another seed, learning rate, scale.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from torch import Tensor

from rubric.schema import Mistake, World

from .choices import HANDOUT_SEED, RIGHT
from .known import Known
from .mistaken_draws import (
    FACTORS,
    INIT,
    SEEDS,
    biases,
    biases_seeded,
    generator_seeded,
    layers_seeded,
    rng_seeded,
    scaled,
    seeded,
)
from .mistaken_loss import LOSS, accumulated, penalised
from .mistaken_network import DATA, NETWORK
from .mistaken_updates import OPTIMISERS, TRAINING, UPDATES, updated
from .variations import combine, quantities

_ALL = {known.mistake.id: known for known in (*LOSS, *NETWORK, *INIT, *DATA, *UPDATES)}
MISTAKES: tuple[Mistake, ...] = tuple(known.mistake for known in _ALL.values())

# ------------------------------------------------------------- mistakes with a number in them

_MOST_SEEDS = 6
_MOST_RATES = 6
_MOST_STEPS = 8
_LONGEST = 2000  # updates
_SEED_NAMES = re.compile(r"seed|random_?state")
_RATE_NAMES = re.compile(r"^lr|_lr|rate|^eta|^alpha|step_?size|sgd|adam")
_COUNT_NAMES = re.compile(r"range|epoch|steps?$|^n_?step|iter|updates?|times|rounds?")
_PENALTY = frozenset(
    (
        "norm",
        "l2",
        "L2",
        "reg",
        "regularization",
        "regularizer",
        "l2_reg",
        "l2_loss",
        "l2_lambda",
        "weight_decay",
        "penalty",
        "lam",
        "lambda_",
        "lmbda",
        "pow",
        "square",
        "sum",
    )
)
_SNIPPET = {0.01, 0.5, 1.0, 2, 3, 4, 5}
_WORK = 4000  # updates of all trainings of one notebook together


def _real(text: str) -> float:
    return float(text.replace("_", "."))


_WITH_NUMBERS: tuple[tuple[re.Pattern[str], Callable[..., Known]], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (r"seed_(\d+)", lambda n: seeded(int(n))),
        (r"torch_layers_initialised_seed_(\d+)", lambda n: layers_seeded(int(n))),
        (r"torch_biases_initialised_seed_(\d+)", lambda n: biases_seeded(int(n))),
        (r"torch_generator_seed_(\d+)", lambda n: generator_seeded(int(n))),
        (r"default_rng_(\d+)", lambda n: rng_seeded(int(n))),
        (r"weight_factor_([\d_e-]+)", lambda x: scaled(_real(x))),
        (r"biases_([\d_e-]+)", lambda x: biases(_real(x))),
        (r"weights_penalised_([\d_e-]+)", lambda x: penalised(_real(x))),
        (r"gradients_accumulated_(\d+)_times", lambda n: accumulated(int(n))),
        (
            rf"(after|gradients_after|layers_after)_([1-9]\d*)_({'|'.join(OPTIMISERS)})_([\d_e-]+)",
            lambda what, n, optimiser, rate: updated(what, optimiser, _real(rate), int(n)),
        ),
    )
)


@lru_cache(maxsize=4096)
def _numbered(id: str) -> Known:
    for pattern, make in _WITH_NUMBERS:
        if match := pattern.fullmatch(id):
            return make(*match.groups())
    raise KeyError(id)


def candidates(words: frozenset[str]) -> tuple[Mistake, ...]:
    """Mistakes that are not listed, with the numbers that stand in a notebook's code.

    words: identifiers and numbers of the code, see `rubric.schema`.
    """
    numbers = sorted(float(w) for w in words if w[0] in "0123456789")
    whole = [int(n) for n in numbers if n.is_integer() and n < 2**32]
    found = [
        *_draws(words, numbers, whole),
        *_accumulations(words, whole),
        *_penalties(words, numbers),
        *_trainings(words, numbers, whole),
    ]
    listed = {k.mistake.id: k.mistake for k in _ALL.values()}
    return tuple({k.mistake.id: k.mistake for k in found if listed.get(k.mistake.id) != k.mistake}.values())


def _draws(words: frozenset[str], numbers: list[float], whole: list[int]) -> Iterator[Known]:
    # the larger a number, the less likely it means anything but a seed
    seeds = [n for n in reversed(whole) if n != HANDOUT_SEED]
    called = _given(words, _SEED_NAMES)
    for seed in [n for n in seeds if n not in SEEDS or n in called][:_MOST_SEEDS]:
        yield seeded(seed, likely=seed in called)
    if "manual_seed" in words:
        for seed in [HANDOUT_SEED, *seeds][:_MOST_SEEDS]:
            yield from (layers_seeded(seed), biases_seeded(seed), generator_seeded(seed))
    if "default_rng" in words:
        yield from (rng_seeded(seed) for seed in seeds[:_MOST_SEEDS])
    fractions = [n for n in numbers if 1e-6 <= n <= 10 and not n.is_integer() and n != RIGHT.weight_factor]
    yield from (scaled(n) for n in fractions[:_MOST_SEEDS] if n not in FACTORS)
    yield from (biases(n) for n in fractions[:_MOST_SEEDS])


def _accumulations(words: frozenset[str], whole: list[int]) -> Iterator[Known]:
    counts = _given(words, _COUNT_NAMES)
    yield from (accumulated(n) for n in whole if 4 <= n <= _LONGEST and (n in counts or n not in _SNIPPET))


def _penalties(words: frozenset[str], numbers: list[float]) -> Iterator[Known]:
    if _PENALTY.isdisjoint(words):
        return
    for factor in [n for n in numbers if 1e-6 <= n <= 1][:_MOST_RATES]:
        yield from (penalised(factor), penalised(float(f"{2 * factor:.12g}")))


def _trainings(words: frozenset[str], numbers: list[float], whole: list[int]) -> Iterator[Known]:
    if not words & set(TRAINING.split()):
        return
    lower = {w.lower() for w in words}
    adam = bool({"adam", "adamw"} & lower)
    optimisers = ["SGD"] if "sgd" in lower or not adam else []
    optimisers += ["momentum"] if "momentum" in lower else []
    optimisers += ["adam"] if adam else []
    optimisers += [] if {"zero_grad", "zero_"} & words else ["unzeroed"]
    # what stands in the handout's snippet is no learning rate and no number of updates, until it is named so
    rate_of, count_of = _given(words, _RATE_NAMES), _given(words, _COUNT_NAMES)
    rates = [n for n in numbers if 1e-6 <= n <= 1]
    steps = [n for n in whole if 1 <= n <= _LONGEST]
    rates.sort(key=lambda n: (n not in rate_of, n in _SNIPPET))
    steps.sort(key=lambda n: (n not in count_of, n in _SNIPPET))
    likely_rates = rate_of or {n for n in rates if n not in _SNIPPET} or set(rates)
    likely_steps = {1.0, *count_of, *(n - 1 for n in count_of)}
    rates, steps = rates[:_MOST_RATES], steps[:_MOST_STEPS]
    work = 0
    for optimiser in optimisers:
        for rate in [*rates, *([0.001] if optimiser == "adam" and 0.001 not in rates else [])]:
            work += max(steps, default=1)
            if work > _WORK:
                return
            for n in dict.fromkeys([1, *steps, *(n - 1 for n in steps if n > 1)]):
                likely = n in likely_steps and (rate in likely_rates or optimiser == "adam")
                for what in ("after", "gradients_after", "layers_after"):
                    rare = not likely or what == "layers_after"
                    yield updated(what, optimiser, rate, n, rare=rare, signs=TRAINING)


def _given(words: frozenset[str], names: re.Pattern[str]) -> set[float]:
    """Numbers that the code gives to something called like this."""
    split = [w.split(":") for w in words if ":" in w]
    return {float(n) for name, n in split if n != "again" and names.search(name.lower())}


def variant(world: World, ids: tuple[str, ...]) -> Mapping[str, Tensor] | None:
    """The quantities of somebody who made all these mistakes, in any order.

    None where two of them decide the same thing.

    Raises:
        KeyError: there is no such mistake.
    """
    known = [_ALL.get(id) or _numbered(id) for id in ids]
    variation = combine(k.variation for k in known)
    return None if variation is None else quantities(world, variation)
