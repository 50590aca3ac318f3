"""Mistakes in the network: activations, layers, layout, rounding, what is printed for them."""

from __future__ import annotations

from .choices import RIGHT, Variation
from .known import known

_FUNCTIONS = {
    "relu": "ReLU", "tanh": "tanh", "leaky_relu": "leaky ReLU", "elu": "ELU", "selu": "SELU",
    "hardsigmoid": "hard sigmoid", "softsign": "softsign", "gelu": "GELU", "silu": "SiLU",
    "softplus": "softplus", "logsigmoid": "log-sigmoid", "softmax": "softmax over the units",
    "softmax_over_batch": "softmax over the batch", "sigmoid_twice": "sigmoid twice",
    "sigmoid_sign": "sigmoid with the wrong sign in its exponent", "sigmoid": "sigmoid",
}  # fmt: skip
_SIGNS = {
    "relu": "relu ReLU relu_ clamp clamp_ clip maximum max fmax where threshold",
    "tanh": "tanh Tanh tanh_ exp", "leaky_relu": "LeakyReLU leaky_relu where maximum max",
    "elu": "ELU elu", "selu": "SELU selu",
    "hardsigmoid": "Hardsigmoid hardsigmoid", "softsign": "Softsign softsign", "gelu": "GELU gelu",
    "silu": "SiLU silu swish", "softplus": "Softplus softplus log1p", "logsigmoid": "LogSigmoid logsigmoid",
    "softmax": "Softmax softmax exp", "softmax_over_batch": "Softmax softmax exp", "sigmoid_twice": "",
    "sigmoid_sign": "exp", "sigmoid": "",
}  # fmt: skip
_OFTEN = {"relu", "tanh", "leaky_relu", "softmax", "sigmoid", "sigmoid_twice"}
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
        known(
            f"no_activation_{where}", "network",
            f"There is no activation in {place}: a network without one is only a linear map.",
            f"No sigmoid in {place}.",
            _hidden("none", where), easier=True,
        )
        for where, place in _PLACES.items()
    ),
    *(
        known(
            f"{name}_{where}", "network",
            f"The activation in {place} is not the one that the handout names.",
            f"{_FUNCTIONS[name]} instead of sigmoid in {place}.",
            _hidden(name, where), signs=_SIGNS[name], rare=name not in _OFTEN,
        )
        for where, place in _PLACES.items()
        for name in _WRONG
        if where == "both" or name in ("relu", "tanh", "leaky_relu", "softmax", "sigmoid_twice")
    ),
    *(
        known(
            f"output_{name}", "output_activation",
            "Your outputs went through an activation; the handout wants the output layer without one.",
            f"{_FUNCTIONS[name]} on the output layer.",
            Variation(activation3=name), signs=_SIGNS[name], rare=name not in _OFTEN,
        )
        for name in ("sigmoid", "tanh", "relu", "softmax", "softmax_over_batch", "leaky_relu")
    ),
    known(
        "one_hidden_layer", "network",
        "Your network has one hidden layer; the handout asks for two.",
        "The second hidden layer is left out: output = W3 h1 + b3.",
        Variation(hidden_layers=1), easier=True,
    ),
    known(
        "no_activation_derivative", "backward",
        "Your gradients don't pass through the hidden activations: the chain rule has a factor for each.",
        "The derivative h(1-h) of the sigmoids is missing in the backward pass, outputs right.",
        Variation(no_derivative=frozenset({1, 2})),
    ),
    *(
        known(
            f"no_activation_derivative_{where}", "backward",
            f"Your gradients skip the activation of {_PLACES[where]}: the chain rule has a factor for it.",
            f"The derivative h(1-h) of {_PLACES[where]} is missing in the backward pass, outputs right.",
            Variation(no_derivative=frozenset({number})), rare=True,
        )
        for number, where in ((1, "first"), (2, "second"))
    ),
    *(
        known(
            f"preactivation_printed_{where}", "print",
            f"What you print for {place} is the value before the sigmoid; a layer's output comes after it.",
            f"z printed for h in {place}; the computation is right.",
            Variation(printed_before_activation=frozenset(numbers)),
        )
        for (where, place), numbers in zip(_PLACES.items(), ((1, 2), (1,), (2,)), strict=True)
    ),
)  # fmt: skip

DATA = (
    known(
        "W2_transposed", "network",
        "A weight matrix is transposed: W2 is square, so its shape does not tell you which way it maps.",
        "W2 transposed in the forward pass.",
        Variation(weights_transposed=frozenset({"W2"})),
    ),
    known(
        "weights_reshaped", "init",
        "Your weights are reshaped (or drawn) as (in, out); the snippet's are (out, in). A transposition is "
        "not a reshape.",
        "W1, W2, W3 read as (in, out) in memory order, as with reshape or initialize retyped that way.",
        Variation(weights_transposed=frozenset({"W1", "W2", "W3"})),
    ),
    known(
        "inputs_reshaped", "data",
        "reshape is not a transposition: it mixes the features of different instances.",
        "x.reshape(5, 3) instead of x.T.",
        Variation(data_reshaped=frozenset({"x"})),
    ),
    known(
        "targets_reshaped", "data",
        "reshape is not a transposition: it mixes the targets of different instances.",
        "y.reshape(5, 2) instead of y.T.",
        Variation(data_reshaped=frozenset({"y"})),
    ),
    known(
        "inputs_and_targets_reshaped", "data",
        "reshape is not a transposition: it mixes the features of different instances.",
        "x.reshape(5, 3) and y.reshape(5, 2) instead of transpositions.",
        Variation(data_reshaped=frozenset({"x", "y"})),
    ),
    known(
        "drawn_batch_first", "init data",
        "You drew everything with its axes swapped; numpy fills row by row, so the numbers end up elsewhere.",
        "All weights read as (in, out), x as (5, 3), y as (5, 2) in memory order.",
        Variation(weights_transposed=frozenset({"W1", "W2", "W3"}), data_reshaped=frozenset({"x", "y"})),
        rare=True,
    ),
    *(
        known(
            f"{which}_instance{'s' if which == 'mean' else ''}_only", "data",
            "Your network saw one input; the minibatch holds five instances.",
            detail,
            Variation(instances=which), easier=True, rare=True,
        )
        for which, detail in (
            ("first", "Only the first instance is used, M = 1."),
            ("last", "Only the last instance is used, M = 1."),
            ("mean", "x and y are averaged over the batch, M = 1."),
        )
    ),
    *(
        known(
            f"parameters_rounded_{n}", "init",
            "Your weights are rounded (typed in from a print?): pass the arrays on as they are.",
            f"Weights rounded to {n} decimals.",
            Variation(parameter_decimals=n), signs="round around round_ decimals", rare=True,
        )
        for n in (4, 3, 2)
    ),
    *(
        known(
            f"hidden_rounded_{n}", "network",
            "You round intermediate results: round when you print, not when you compute.",
            f"Hidden layers rounded to {n} decimals before the next layer.",
            Variation(hidden_decimals=n), signs="round around round_ decimals", rare=True,
        )
        for n in (4, 3, 2)
    ),
)  # fmt: skip
