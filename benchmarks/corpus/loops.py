"""Code that runs forward and backward more than once, or beside what was asked."""

from __future__ import annotations

import random

from .program import Program, Wish, loss_expression


def repeated(program: Program, wish: Wish, loss: str, backward: str) -> str:
    """Accumulated gradients, or updates before the gradients that are printed."""
    r, n = wish.recipe, wish.names
    step = "\n".join("    " + line for line in f"{program.forward}\n{loss}\n{backward}".split("\n"))
    if r.steps:
        return (
            f"optimizer = torch.optim.SGD({program.parameters}, lr={r.rate})\n"
            f"for epoch in range({r.steps + 1}):\n    optimizer.zero_grad()\n{step}\n    optimizer.step()\n"
            f"print('final loss', {n.loss}.item())"
        )
    return f"for i in range({r.passes}):\n{step}"


def epochs(program: Program, loss: str, backward: str, shown: str) -> str:
    """Gradients printed once per epoch, the first time before any update."""
    inner = "\n".join("    " + x for x in f"{program.forward}\n{loss}\n{backward}".split("\n"))
    prints_ = "\n".join("    " + x for x in shown.split("\n"))
    return (
        f"optimizer = torch.optim.SGD({program.parameters}, lr=0.1)\nfor epoch in range(3):\n"
        f"    print('epoch', epoch)\n    optimizer.zero_grad()\n{inner}\n{prints_}\n    optimizer.step()"
    )


def training(program: Program, wish: Wish, last: str) -> str:
    """Training behind everything that was asked; `last` is a statement with a place for {loss}."""
    n = wish.names
    loss = f"{n.loss} = {loss_expression(wish, program.exprs['output'], n.y, program.features_first)}"
    inner = "\n".join("    " + x for x in f"{program.forward}\n{loss}\n{n.loss}.backward()".split("\n"))
    return (
        f"# just for fun: train it a bit\nopt = torch.optim.Adam({program.parameters}, lr=0.01)\n"
        f"for epoch in range(20):\n    opt.zero_grad()\n{inner}\n    opt.step()\n" + last.format(loss=n.loss)
    )


def by_hand(rng: random.Random) -> list[str]:
    """The previous homework's numpy solution beside PyTorch's, with a comparison."""
    own = (
        "# compare with my numpy solution of the last homework\n"
        "def sig(z):\n    return 1 / (1 + np.exp(-z))\n\n"
        "V1, c1, V2, c2, V3, c3 = parameters\n"
        "g1 = sig(V1 @ x + c1[:, None])\ng2 = sig(V2 @ g1 + c2[:, None])\ng3 = V3 @ g2 + c3[:, None]\n"
        "e3 = (g3 - y) / 5\ne2 = (V3.T @ e3) * g2 * (1 - g2)\ne1 = (V2.T @ e2) * g1 * (1 - g1)\n"
        "by_hand = [e1 @ x.T, e1.sum(1), e2 @ g1.T, e2.sum(1), e3 @ g2.T, e3.sum(1)]"
    )
    show = rng.choice(
        [
            "for name, g in zip(['W1', 'b1', 'W2', 'b2', 'W3', 'b3'], by_hand):\n"
            "    print(name, 'numpy:', g)",
            "print([round(float(np.abs(g).sum()), 6) for g in by_hand])",
            "for g in by_hand:\n    print(np.linalg.norm(g))",
        ]
    )
    return [own, show]
