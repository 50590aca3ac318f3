"""The known misconceptions of Homework 4, each a named variation of the canonical solution.

Mistakes combine when they change different choices of `variations.Variation`. `MISTAKES` is ordered:
where two of them give the same printed numbers (README.md lists which), the earlier one is likelier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from rubric.schema import Mistake, World

from .variations import HANDOUT_SEED, RIGHT, Variation, combine, quantities


@dataclass(frozen=True, slots=True)
class _Known:
    """alone: too rare to be looked for together with another mistake; keeps the pairs few."""

    mistake: Mistake
    variation: Variation
    alone: bool


def _known(
    id: str,
    touches: str,
    message: str,
    detail: str,
    variation: Variation,
    *,
    easier: bool = False,
    alone: bool = False,
) -> _Known:
    return _Known(Mistake(id, message, detail, frozenset(touches.split()), easier), variation, alone)


# what people do often enough to do it together with something else
_COMMON = {
    "absolute", "smooth_l1", "cross_entropy", "root", "not_squared", "outputs_summed",
    "relu", "tanh", "leaky_relu", "softmax", "sigmoid", "sigmoid_twice",
    0, 1, 42, 123, 1234, 12346,
}  # fmt: skip

LOSS = (
    _known(
        "loss_without_half", "loss",
        "Your gradients are exactly twice what equation (1) gives: look at its constant factor again.",
        "All gradients times 2: the ½ of equation (1) is missing (or backward ran twice).",
        Variation(half=1.0),
    ),
    _known(
        "gradients_accumulated_twice", "backward",
        "Your gradients are a sum over two backward passes: .grad adds up until it is zeroed.",
        "All gradients times 2, the loss right: backward was called twice without zeroing .grad.",
        Variation(backward_calls=2),
    ),
    _known(
        "loss_without_batch_mean", "loss",
        "Equation (1) averages over the instances of the minibatch; your loss adds them up.",
        "Loss and gradients times M = 5: the factor 1/M is missing (or: divided by the 2 outputs, and no ½).",
        Variation(divisor="nothing"),
    ),
    _known(
        "loss_summed", "loss",
        "Your loss is the plain sum of all squared differences; equation (1) has two factors before it.",
        "Loss and gradients times 2M = 10: neither ½ nor 1/M, as nn.MSELoss(reduction='sum').",
        Variation(divisor="nothing", half=1.0),
    ),
    _known(
        "loss_mean_over_everything", "loss",
        "Your gradients are half of what equation (1) gives: either you average over outputs as well as "
        "instances before you halve, or you halve twice. Which sum does 1/M belong to?",
        "Loss and gradients times ½: ½ times the mean over all M·K entries, such as nn.MSELoss()/2 (the "
        "mean over entries alone equals equation (1) here), or ½ twice.",
        Variation(divisor="entries"),
    ),
    _known(
        "loss_divided_by_outputs", "loss",
        "You average over the wrong axis: M counts the instances of the minibatch, not the output units.",
        "Loss and gradients times M/K = 5/2: divided by the 2 outputs instead of the 5 instances.",
        Variation(divisor="outputs"),
    ),
    _known(
        "loss_averaged_twice", "loss",
        "You divide by the number of instances twice, for example once by hand and once with a mean.",
        "Loss and gradients times 1/M = 1/5: averaged over the batch twice.",
        Variation(divisor="instances twice"),
    ),
    _known(
        "loss_negated", "loss",
        "Your gradients have the opposite sign: check which way your loss grows when the outputs get worse.",
        "Loss and gradients times -1.",
        Variation(sign=-1.0),
    ),
    _known(
        "gradients_accumulated_three_times", "backward",
        "Your gradients are a sum over three backward passes: .grad adds up until it is zeroed.",
        "All gradients times 3, the loss right: backward was called three times without zeroing .grad.",
        Variation(backward_calls=3),
    ),
    _known(
        "gradients_zeroed", "backward",
        "All your gradients are zero: they were zeroed between backward and print, or never computed.",
        "All gradients 0: zero_grad ran after backward, or backward never ran.",
        Variation(backward_calls=0),
    ),
    *(
        _known(f"loss_{name}", "loss", message, detail, Variation(objective=name), alone=name not in _COMMON)
        for name, message, detail in (
            ("absolute", "Your loss takes absolute differences; equation (1) squares them.",
             "Mean absolute error (nn.L1Loss) instead of equation (1)."),
            ("smooth_l1", "Your loss is only quadratic near zero; equation (1) is quadratic everywhere.",
             "nn.SmoothL1Loss or nn.HuberLoss instead of equation (1)."),
            ("cross_entropy", "Cross-entropy is for classes; the handout asks for the squared loss (1).",
             "nn.CrossEntropyLoss on outputs and targets (batch first) instead of equation (1)."),
            ("bce_with_logits", "Binary cross-entropy is for classes; the handout asks for the squared loss.",
             "nn.BCEWithLogitsLoss on outputs and targets instead of equation (1)."),
            ("root", "You take a root of the mean squared error; equation (1) has none.",
             "Root of nn.MSELoss() instead of equation (1)."),
            ("norm", "Your loss is the length of the difference; equation (1) squares it.",
             "Euclidean norm of all differences instead of equation (1)."),
            ("not_squared", "The differences in your loss are not squared.",
             "Equation (1) without the square: ½ times the batch mean of the summed differences."),
            ("square_of_sum", "You add the two outputs' differences before you square; "
             "equation (1) squares each of them.",
             "½ of the batch mean of (sum over outputs of f-y)²."),
            ("square_of_mean", "You average over the minibatch before you square; "
             "equation (1) does it after.",
             "½ of the sum over outputs of (batch mean of f-y)²."),
            ("outputs_summed", "You differentiate the outputs: the targets don't enter your loss.",
             "Gradients of output.sum(), for example output.backward(torch.ones_like(output))."),
            ("outputs_averaged", "You differentiate the outputs: the targets don't enter your loss.",
             "Gradients of output.mean()."),
            ("last_instance", "Your gradients are those of one instance; equation (1) takes them all.",
             "Gradients of the last instance's ½(f-y)² alone, as in a loop that zeroes in between."),
            ("first_instance", "Your gradients are those of one instance; equation (1) takes them all.",
             "Gradients of the first instance's ½(f-y)² alone."),
        )
    ),
)  # fmt: skip

_FUNCTIONS = {
    "relu": "ReLU", "tanh": "tanh", "leaky_relu": "leaky ReLU", "elu": "ELU", "gelu": "GELU", "silu": "SiLU",
    "softplus": "softplus", "logsigmoid": "log-sigmoid", "softmax": "softmax over the units",
    "softmax_over_batch": "softmax over the batch", "sigmoid_twice": "sigmoid twice",
    "sigmoid_sign": "sigmoid with the wrong sign in its exponent", "sigmoid": "sigmoid",
}  # fmt: skip
_WRONG = [n for n in _FUNCTIONS if n != "sigmoid"]
_PLACES = {
    "both": "both hidden layers",
    "first": "the first hidden layer",
    "second": "the second hidden layer",
}


def _hidden(name: str, where: str) -> Variation:
    first = RIGHT.activation1 if where == "second" else name
    second = RIGHT.activation2 if where == "first" else name
    return Variation(activation1=first, activation2=second)


NETWORK = (
    *(
        _known(
            f"no_activation_{where}", "network",
            f"There is no activation in {place}: a network without one is only a linear map.",
            f"No sigmoid in {place}.",
            _hidden("none", where), easier=True,
        )
        for where, place in _PLACES.items()
    ),
    *(
        _known(
            f"{name}_{where}", "network",
            f"The activation in {place} is not the one that the handout names.",
            f"{_FUNCTIONS[name]} instead of sigmoid in {place}.",
            _hidden(name, where), alone=name not in _COMMON,
        )
        for where, place in _PLACES.items()
        for name in _WRONG
        if where == "both" or name in ("relu", "tanh", "leaky_relu", "softmax", "sigmoid_twice")
    ),
    *(
        _known(
            f"output_{name}", "output_activation",
            "Your outputs went through an activation; the handout wants the output layer without one.",
            f"{_FUNCTIONS[name]} on the output layer.",
            Variation(activation3=name), alone=name not in _COMMON,
        )
        for name in ("sigmoid", "tanh", "relu", "softmax", "softmax_over_batch", "leaky_relu")
    ),
    _known(
        "one_hidden_layer", "network",
        "Your network has one hidden layer; the handout asks for two.",
        "The second hidden layer is left out: output = W3 h1 + b3.",
        Variation(hidden_layers=1), easier=True,
    ),
    _known(
        "no_activation_derivative", "backward",
        "Your gradients don't pass through the hidden activations: the chain rule has a factor for each.",
        "The derivative h(1-h) of the sigmoids is missing in the backward pass, outputs right.",
        Variation(derivative=False),
    ),
    *(
        _known(
            f"preactivation_printed_{where}", "print",
            f"What you print for {place} is the value before the sigmoid; a layer's output comes after it.",
            f"z printed for h in {place}; the computation is right.",
            Variation(printed_before_activation=frozenset(numbers)),
        )
        for (where, place), numbers in zip(_PLACES.items(), ((1, 2), (1,), (2,)), strict=True)
    ),
)  # fmt: skip

_SEEDS = (
    0, 1, 2, 3, 4, 5, 7, 10, 12, 13, 42, 99, 100, 111, 123, 321, 777, 1000, 1234, 1337, 2020, 2021, 2022,
    2023, 2024, 2025, 2026, 12346, 123456, 1234567, 12354, 54321,
)  # fmt: skip

INIT = (
    _known(
        "no_seed", "seed",
        "Your numbers are random ones: np.random.seed was not called before the parameters were drawn.",
        "numpy's generator was never seeded (the prelude's fixed state is reproduced).",
        Variation(seed=None),
    ),
    *(
        _known(
            f"seed_{seed}", "seed",
            "You used another seed than the handout's snippet.",
            f"np.random.seed({seed}) instead of {HANDOUT_SEED}.",
            Variation(seed=seed), alone=seed not in _COMMON,
        )
        for seed in _SEEDS
    ),
    _known(
        "drawn_again", "seed",
        "You called initialize twice without seeding again: the second call draws other numbers.",
        "The values of the second call of initialize after seeding.",
        Variation(calls_before=1),
    ),
    _known(
        "drawn_three_times", "seed",
        "You called initialize three times without seeding again: every call draws other numbers.",
        "The values of the third call of initialize after seeding.",
        Variation(calls_before=2), alone=True,
    ),
    _known(
        "torch_layers_initialised", "init",
        "Your layers keep the random values that PyTorch gave them; the handout's have to be copied in.",
        "nn.Linear's default initialisation, torch not seeded; x and y from the snippet.",
        Variation(weights_of_linear=True),
    ),
    *(
        _known(
            f"torch_layers_initialised_seed_{seed}", "init",
            "Your layers keep the random values that PyTorch gave them; the handout's have to be copied in.",
            f"nn.Linear's default initialisation after torch.manual_seed({seed}); x and y from the snippet.",
            Variation(weights_of_linear=True, linear_seed=seed), alone=seed != HANDOUT_SEED,
        )
        for seed in (HANDOUT_SEED, 0, 42)
    ),
    _known(
        "torch_biases_initialised", "init",
        "You copied the weights into your layers but not the biases: PyTorch's are not zero.",
        "nn.Linear's default biases, torch not seeded; the weights from the snippet.",
        Variation(biases_of_linear=True),
    ),
    _known(
        f"torch_biases_initialised_seed_{HANDOUT_SEED}", "init",
        "You copied the weights into your layers but not the biases: PyTorch's are not zero.",
        f"nn.Linear's default biases after torch.manual_seed({HANDOUT_SEED}); the weights from the snippet.",
        Variation(biases_of_linear=True, linear_seed=HANDOUT_SEED),
    ),
    _known(
        f"torch_generator_seed_{HANDOUT_SEED}", "init seed",
        "PyTorch's generator gives other numbers than numpy's, also with the same seed.",
        f"torch.manual_seed({HANDOUT_SEED}), then torch.randn, torch.rand in the snippet's order (float32).",
        Variation(source="torch"),
    ),
    _known(
        "torch_generator_unseeded", "init seed",
        "PyTorch's generator gives other numbers than numpy's, and np.random.seed does not seed it.",
        "torch.randn and torch.rand in the snippet's order (float32), torch not seeded.",
        Variation(source="torch", seed=None),
    ),
    _known(
        "default_rng", "init seed",
        "np.random.default_rng gives other numbers than np.random.seed with the same seed.",
        f"np.random.default_rng({HANDOUT_SEED}) in the snippet's order.",
        Variation(source="default_rng"),
    ),
    *(
        _known(
            f"weight_factor_{str(factor).replace('.', '_')}", "init",
            "The scale of your weights is not the snippet's.",
            f"Weights times {factor:g} instead of 0.01.",
            Variation(weight_factor=factor), alone=factor not in (1.0, 0.1, 0.001),
        )
        for factor in (1.0, 0.1, 0.001, 0.02, 0.05, 0.5)
    ),
    *(
        _known(
            id, "init",
            "You drew the random numbers in another order than the snippet; each draw moves all later ones.",
            f"Drawn in the order {', '.join(order)}.",
            Variation(order=order),
        )
        for id, order in (
            ("inputs_and_targets_drawn_first", ("x", "y", "W1", "W2", "W3")),
            ("inputs_drawn_first", ("x", "W1", "W2", "W3", "y")),
            ("targets_drawn_before_inputs", ("W1", "W2", "W3", "y", "x")),
            ("targets_and_inputs_drawn_first", ("y", "x", "W1", "W2", "W3")),
            ("weights_drawn_backwards", ("W3", "W2", "W1", "x", "y")),
        )
    ),
    _known(
        "biases_drawn", "init",
        "You drew the biases at random; the snippet sets them to zero.",
        "Biases randn * 0.01, each drawn after its weights.",
        Variation(order=("W1", "b1", "W2", "b2", "W3", "b3", "x", "y")),
    ),
    *(
        _known(
            f"biases_{name}", "init",
            "Your biases don't start where the snippet puts them.",
            f"All biases {value:g} instead of 0.",
            Variation(bias_value=value),
        )
        for name, value in (("one", 1.0), ("small", 0.01))
    ),
    *(
        _known(
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
    _known(
        "weights_and_targets_drawn_by_rand", "init",
        "You drew everything from the uniform distribution; rand and randn are two functions.",
        "rand instead of randn everywhere.",
        Variation(uniform=frozenset({"W1", "W2", "W3", "x", "y"})),
    ),
)  # fmt: skip

DATA = (
    _known(
        "W2_transposed", "network",
        "A weight matrix is transposed: W2 is square, so its shape does not tell you which way it maps.",
        "W2 transposed in the forward pass.",
        Variation(weights_transposed=frozenset({"W2"})),
    ),
    _known(
        "weights_reshaped", "init",
        "Your weights are reshaped (or drawn) as (in, out); the snippet's are (out, in). A transposition is "
        "not a reshape.",
        "W1, W2, W3 read as (in, out) in memory order, as with reshape or initialize retyped that way.",
        Variation(weights_transposed=frozenset({"W1", "W2", "W3"})),
    ),
    _known(
        "inputs_reshaped", "data",
        "reshape is not a transposition: it mixes the features of different instances.",
        "x.reshape(5, 3) instead of x.T.",
        Variation(data_reshaped=frozenset({"x"})),
    ),
    _known(
        "targets_reshaped", "data",
        "reshape is not a transposition: it mixes the targets of different instances.",
        "y.reshape(5, 2) instead of y.T.",
        Variation(data_reshaped=frozenset({"y"})),
    ),
    _known(
        "inputs_and_targets_reshaped", "data",
        "reshape is not a transposition: it mixes the features of different instances.",
        "x.reshape(5, 3) and y.reshape(5, 2) instead of transpositions.",
        Variation(data_reshaped=frozenset({"x", "y"})),
    ),
    _known(
        "drawn_batch_first", "init data",
        "You drew everything with its axes swapped; numpy fills row by row, so the numbers end up elsewhere.",
        "All weights read as (in, out), x as (5, 3), y as (5, 2) in memory order.",
        Variation(weights_transposed=frozenset({"W1", "W2", "W3"}), data_reshaped=frozenset({"x", "y"})),
        alone=True,
    ),
    *(
        _known(
            f"{which}_instance{'s' if which == 'mean' else ''}_only", "data",
            "Your network saw one input; the minibatch holds five instances.",
            detail,
            Variation(instances=which), easier=True, alone=True,
        )
        for which, detail in (
            ("first", "Only the first instance is used, M = 1."),
            ("last", "Only the last instance is used, M = 1."),
            ("mean", "x and y are averaged over the batch, M = 1."),
        )
    ),
    *(
        _known(
            f"parameters_rounded_{n}", "init",
            "Your weights are rounded (typed in from a print?): pass the arrays on as they are.",
            f"Weights rounded to {n} decimals.",
            Variation(parameter_decimals=n), alone=True,
        )
        for n in (4, 3, 2)
    ),
    *(
        _known(
            f"hidden_rounded_{n}", "network",
            "You round intermediate results: round when you print, not when you compute.",
            f"Hidden layers rounded to {n} decimals before the next layer.",
            Variation(hidden_decimals=n), alone=True,
        )
        for n in (4, 3, 2)
    ),
)  # fmt: skip

UPDATES = tuple(
    _known(
        f"after_{steps}_{optimiser}_{str(rate).replace('.', '_')}", "backward",
        "You print after an update: these are the values of a network that has already learned. Compute and "
        "print before the optimiser's step.",
        f"Everything computed after {steps} {optimiser} step{'s' if steps > 1 else ''} "
        f"with learning rate {rate:g}.",
        Variation(training=(optimiser, rate, steps)), alone=steps > 1,
    )
    for optimiser, rate, steps in (
        *(("SGD", rate, steps) for steps in (1, 2) for rate in (0.01, 0.1, 0.001, 1.0, 0.5, 0.05)),
        *(("SGD", rate, steps) for steps in (9, 10, 99, 100) for rate in (0.01, 0.1)),
        *(("adam", rate, steps) for steps in (1, 2) for rate in (0.001, 0.01)),
    )
)  # fmt: skip

_ALL = {known.mistake.id: known for known in (*LOSS, *NETWORK, *INIT, *DATA, *UPDATES)}
MISTAKES: tuple[Mistake, ...] = tuple(known.mistake for known in _ALL.values())


def variant(world: World, ids: tuple[str, ...]) -> Mapping[str, Tensor] | None:
    """The quantities of somebody who made all these mistakes, in any order.

    None where two of them decide the same thing, or where one is too rare to be sought in company.

    Raises:
        KeyError: there is no such mistake.
    """
    known = [_ALL[id] for id in ids]
    if len(known) > 1 and any(k.alone for k in known):
        return None
    variation = combine(k.variation for k in known)
    return None if variation is None else quantities(world, variation)
