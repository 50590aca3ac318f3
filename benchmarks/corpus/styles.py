"""All implementation styles: the same network as different students write it.

A style takes a `Wish` and returns a `Program`. `CAN` says which unusual wishes it can fulfil.
"""

from __future__ import annotations

from collections.abc import Callable

from .program import Program, Wish
from .styles_modules import hooks, module, parameter_list, sequential_collected, sequential_slices
from .styles_tensors import (
    bias_columns,
    dictionary,
    functional_linear,
    gradient_call,
    loop_over_layers,
    old_variables,
    own_layer_class,
    per_instance,
    raw,
    raw_function,
    transposed_leaves,
)

Style = Callable[[Wish], Program]

STYLES: dict[str, Style] = {
    style.__name__: style
    for style in (
        raw,
        raw_function,
        dictionary,
        functional_linear,
        module,
        sequential_slices,
        sequential_collected,
        hooks,
        parameter_list,
        loop_over_layers,
        own_layer_class,
        per_instance,
        old_variables,
        transposed_leaves,
        bias_columns,
        gradient_call,
    )
}

_RAW = {"raw", "raw_function", "dictionary", "functional_linear", "parameter_list", "per_instance"}
_RAW |= {"old_variables", "transposed_leaves", "bias_columns"}
CAN: dict[str, frozenset[str]] = {
    "w2_transposed": frozenset(_RAW),
    "detach": frozenset(_RAW | {"module", "own_layer_class"}),
    "no_bias": frozenset({"raw", "module"}),
    "default_init": frozenset({"module", "sequential_slices", "sequential_collected", "hooks"}),
    "inside": frozenset({"raw_function", "module", "parameter_list"}),
    "preactivations": frozenset(
        {"raw", "dictionary", "functional_linear", "sequential_collected", "own_layer_class", "old_variables"}
        | {"transposed_leaves", "bias_columns", "gradient_call"}
    ),
    "backward": frozenset(STYLES) - {"gradient_call"},
}
