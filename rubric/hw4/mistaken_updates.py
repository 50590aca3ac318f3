"""Values of a network that has already learned: any optimiser, rate and number of updates."""

from __future__ import annotations

from .choices import Variation
from .known import Known, known

TRAINING = (
    "step lr learning_rate learningRate eta alpha sub_ add_ SGD Adam AdamW RMSprop optim optimizer optimiser "
    "copy_ -="
)
OPTIMISERS = {
    "SGD": "SGD",
    "momentum": "SGD (momentum 0.9)",
    "adam": "Adam",
    "unzeroed": "SGD without zero_grad",
}
_AFTER = (
    "You print after an update: these are the values of a network that has already learned. Compute and "
    "print before the optimiser's step."
)
_ADDED = "Your gradients add up over several backward passes and updates: zero them before each backward."


def updated(
    what: str, optimiser: str, rate: float, updates: int, *, rare: bool = True, signs: str = ""
) -> Known:
    """Values after a training.

    what: "after" (layers and gradients of the trained network), "gradients_after" (the layers were
    printed before) or "layers_after" (gradients of the last backward pass, layers after the update
    that it led to).
    """
    count = f"{updates} update{'s' if updates > 1 else ''} by {OPTIMISERS[optimiser]}"
    detail = {
        "after": f"Everything computed after {count} with learning rate {rate:g}.",
        "gradients_after": f"Gradients computed after {count} with learning rate {rate:g}, layers before.",
        "layers_after": f"Layers computed after {count} with learning rate {rate:g}, gradients those of the "
        "last backward pass before.",
    }[what]
    layers = {"after": "the same", "gradients_after": "none", "layers_after": "one more"}[what]
    return known(
        f"{what}_{updates}_{optimiser}_{str(rate).replace('.', '_')}", "backward",
        _ADDED if optimiser == "unzeroed" else _AFTER,
        detail,
        Variation(training=(optimiser, rate, updates - (what == "layers_after")), layers_after=layers),
        signs=signs, rare=rare,
    )  # fmt: skip


# the commonest; `mistakes.candidates` makes those whose numbers stand in the code
UPDATES = tuple(
    updated("after", optimiser, rate, steps)
    for optimiser, rate, steps in (
        *(("SGD", rate, steps) for steps in (1, 2) for rate in (0.01, 0.1, 0.001, 1.0, 0.5, 0.05)),
        *(("adam", rate, steps) for steps in (1, 2) for rate in (0.001, 0.01)),
    )
)
