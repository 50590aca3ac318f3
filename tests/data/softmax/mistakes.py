"""What people get wrong, each computed as they compute it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rubric.schema import Mistake, World

from . import canonical as right

MISTAKES = (
    Mistake(
        id="loss_summed",
        message="You summed the loss over the examples; the handout averages.",
        detail="sum instead of mean in the loss; its gradient is 5 times as large",
        touches=frozenset({"loss"}),
    ),
    Mistake(
        id="softmax_over_examples",
        message="Your softmax adds up to 1 over the examples, not over the classes.",
        detail="axis=0 instead of axis=1",
        touches=frozenset({"model"}),
    ),
    Mistake(
        id="log2",
        message="The cross-entropy takes the natural logarithm.",
        detail="np.log2 instead of np.log in the loss; the gradient is right",
        touches=frozenset({"loss"}),
        signs=frozenset({"log2"}),
    ),
)


def variant(world: World, ids: tuple[str, ...]) -> Mapping[str, np.ndarray | float]:
    """All quantities of somebody who made these mistakes; what they leave alone stays right."""
    X, y, W = right.data(world)
    factor = len(y) if "loss_summed" in ids else 1
    unit = np.log(2) if "log2" in ids else 1.0

    def softmax(Z: np.ndarray) -> np.ndarray:
        return right.softmax(Z.T).T if "softmax_over_examples" in ids else right.softmax(Z)

    P = softmax(X @ W)
    trained = W.copy()
    for _ in range(right.STEPS):
        trained -= right.RATE * factor * right.gradient(X, y, softmax(X @ trained))
    return {
        "P": P,
        "loss": factor / unit * right.loss(P, y),
        "classes": P.argmax(axis=1),
        "accuracy": float((P.argmax(axis=1) == y).mean()),
        "dW": factor * right.gradient(X, y, P),
        "W100": trained,
        "loss100": factor / unit * right.loss(softmax(X @ trained), y),
    }
