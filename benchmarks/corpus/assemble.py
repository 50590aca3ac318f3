"""Put a notebook together: the handout's cell, the program, its prints, the text around it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from . import prints
from .cells import Cells
from .handout import handout_cells
from .labels import Labels
from .loops import by_hand, epochs, repeated, training
from .mistakes import MISTAKES, CorpusMistake, Plan, combinable
from .program import Program, Wish, loss_expression, names
from .prose import Prose, person
from .shows import gradient_cells, inside_printer, layer_cells
from .styles import CAN, STYLES
from .truth import Recipe
from .verdicts import Fact, UnclearError, facts


@dataclass(frozen=True)
class Truth:
    """What is true of a notebook, by construction.

    checks: the nine numeric ones. behaviour: network, seed, no_output_activation → whether the code does
    it. answered: question 4 has a text. mistakes: ids of corpus.mistakes. Style names for the tables.
    """

    checks: dict[str, Fact]
    behaviour: dict[str, bool]
    answered: bool
    mistakes: tuple[str, ...]
    style: str
    layer_print: str
    gradient_print: str
    labels: tuple[str, str]
    language: str
    dtype: str
    extras: tuple[str, ...]
    recipe: Recipe = field(repr=False, default=Recipe())
    shown: dict[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class GeneratedNotebook:
    """name: file name. notebook_json: nbformat 4 as plain dicts."""

    name: str
    notebook_json: dict[str, Any]
    truth: Truth


def generate(n: int, seed: int = 0, honest: float = 0.4) -> Iterator[GeneratedNotebook]:
    """`n` notebooks, the same ones for the same seed; `honest` is the share without a mistake.

    A third of the others have two mistakes. Combinations whose truth float noise could blur are drawn again.
    """
    for i in range(n):
        rng = random.Random(f"{seed}/{i}")
        while True:
            try:
                notebook = _one(rng, i, honest)
                break
            except UnclearError:
                continue
        yield notebook


def _pick_mistakes(rng: random.Random, honest: float) -> tuple[CorpusMistake, ...]:
    if rng.random() < honest:
        return ()
    first = rng.choice(MISTAKES)
    if rng.random() < 1 / 3:
        others = [m for m in MISTAKES if combinable(first, m)]
        if others:
            return first, rng.choice(others)
    return (first,)


def _one(rng: random.Random, index: int, honest: float) -> GeneratedNotebook:
    chosen = _pick_mistakes(rng, honest)
    plan = Plan()
    for mistake in chosen:
        plan = mistake.edit(plan, rng)
    truth = facts(plan)
    possible = [s for s in STYLES if all(not m.needs or s in CAN[m.needs] for m in chosen)]
    style = rng.choice(possible)
    dtype = rng.choice(["float32", "float32", "float64"])
    extras = _extras(rng, plan, style)
    plain = any(m.plain_print for m in chosen)
    layer_print, gradient_print = _print_styles(rng, plain, "main" in extras, "epochs" in extras)
    truth = facts(
        plan, layers_apart=layer_print in prints.OWN_CELLS, gradients_apart=gradient_print in prints.OWN_CELLS
    )
    n = names(rng)
    labels_rng = random.Random(rng.random())
    wish = Wish(
        plan.recipe, n, dtype, random.Random(rng.random()), plan.detach, plan.no_bias, plan.default_init
    )
    program = STYLES[style](wish)
    labels = Labels(labels_rng, program.module_names)
    if "inside" in extras:
        inside = inside_printer(labels, layer_print)
        wish = Wish(**{**wish.__dict__, "inside": inside, "rng": random.Random(index)})
        program = STYLES[style](wish)
    author = person(rng)
    prose = Prose(rng, labels.language, author)
    cells = Cells()
    cells.text(*prose.title())
    handout_cells(cells, plan, rng)
    _program_cells(cells, program, plan, wish, labels, prose, (layer_print, gradient_print), extras)
    answer, answered = prose.answer(plan.recipe if not chosen else Recipe(seed=0))
    cells.text(*answer)
    if "trained_later" in extras:
        cells.code(training(program, wish, "print('loss after training:', {loss}.item())"))
    r = plan.recipe
    behaviour = {
        "network": r.act1 == r.act2 == "sigmoid" and not r.w2_transposed,
        "seed": plan.recipe == _only_model(r) and not plan.unseeded and not plan.default_init,
        "no_output_activation": r.act_out == "none",
    }
    name = f"{index:05d}_{author.replace(' ', '_')}.ipynb"
    return GeneratedNotebook(
        name,
        cells.notebook(rng),
        Truth(
            truth,
            behaviour,
            answered,
            tuple(m.id for m in chosen),
            style,
            layer_print,
            gradient_print,
            (labels.layers, labels.gradients),
            labels.language,
            dtype,
            extras,
            plan.recipe,
            plan.shown,
        ),
    )


def _only_model(r: Recipe) -> Recipe:
    """The recipe with the handout's data: what it would be if nothing about the data were wrong."""
    return Recipe(
        act1=r.act1, act2=r.act2, act_out=r.act_out, w2_transposed=r.w2_transposed, loss=r.loss,
        passes=r.passes, steps=r.steps, rate=r.rate, layers_after_steps=r.layers_after_steps,
    )  # fmt: skip


def _extras(rng: random.Random, plan: Plan, style: str) -> tuple[str, ...]:
    """Honest things printed or done beside what was asked."""
    found = []
    for extra, chance in (
        ("loss", 0.6), ("shapes", 0.15), ("inputs", 0.1), ("parameters", 0.08), ("preactivations", 0.25),
        ("weights_beside", 0.08), ("none_before", 0.05), ("by_hand", 0.08), ("trained_later", 0.06),
        ("one_cell", 0.25), ("versions", 0.1),
    ):  # fmt: skip
        if rng.random() < chance:
            found.append(extra)
    untouched = plan == Plan()
    if untouched and rng.random() < 0.12:
        found.append("main")
    elif untouched and style in CAN["inside"] and rng.random() < 0.4:
        found.append("inside")
    elif untouched and style in CAN["backward"] and rng.random() < 0.03:
        found.append("epochs")
    if "preactivations" in found and style not in CAN["preactivations"]:
        found.remove("preactivations")
    if "none_before" in found and (style not in CAN["backward"] or plan.error == "loss"):
        found.remove("none_before")
    if "by_hand" in found and not untouched:
        found.remove("by_hand")
    if "trained_later" in found and (
        not untouched or "main" in found or style not in CAN["backward"] or "inside" in found
    ):
        found.remove("trained_later")
    if plan.error and "one_cell" in found:
        found.remove("one_cell")
    if ("one_cell" in found) and ("main" in found):
        found.remove("one_cell")
    return tuple(found)


def _print_styles(rng: random.Random, plain: bool, in_main: bool, in_loop: bool) -> tuple[str, str]:
    pool = list(prints.CLEAN) if plain else list(prints.STYLES)
    if in_main or in_loop:
        pool = [s for s in pool if "result" not in s and s not in ("list_of_pairs",)]
    if in_loop:
        pool = [s for s in pool if s not in prints.UNLABELLED]
    first = rng.choice(pool)
    second = first if rng.random() < 0.7 else rng.choice(pool)
    return first, second


def _program_cells(
    cells: Cells,
    program: Program,
    plan: Plan,
    wish: Wish,
    labels: Labels,
    prose: Prose,
    styles: tuple[str, str],
    extras: tuple[str, ...],
) -> None:
    """The student's cells between the handout's and question 4."""
    n = wish.names
    body = Cells()
    body.text(*prose.before(1))
    body.code(*program.setup)
    _echoes(body, wish, extras)
    body.text(*prose.before(2))
    layers = layer_cells(program, plan, wish, labels, styles[0], extras)
    if not plan.recipe.layers_after_steps:
        body.code(program.forward, *layers)
    body.text(*prose.before(3))
    if "none_before" in extras:
        body.code(f"for p in {program.parameters}:\n    print(p.grad)")
    gradients = gradient_cells(program, plan, wish, labels, styles[1], extras)
    _backward_cells(body, program, plan, wish, extras, layers, gradients)
    if "by_hand" in extras:
        body.code(*by_hand(wish.rng))
    if "main" in extras and n.x != "x" and n.y != "y":
        body = body.as_main()
    elif "one_cell" in extras:
        body = body.merged()
    cells.extend(body)


def _echoes(body: Cells, wish: Wish, extras: tuple[str, ...]) -> None:
    n, rng = wish.names, wish.rng
    if "versions" in extras:
        body.code("print('PyTorch', torch.__version__)")
    if "inputs" in extras:
        ways = ["print('x:', x)\nprint('y:', y)", f"print({n.x})\nprint({n.y})", f"{n.x}, {n.y}"]
        body.code(rng.choice(ways))
    if "parameters" in extras:
        body.code(rng.choice(["print(parameters)", "for p in parameters:\n    print(p)"]))


def _backward_cells(
    body: Cells,
    program: Program,
    plan: Plan,
    wish: Wish,
    extras: tuple[str, ...],
    layers: list[str],
    gradients: list[str],
) -> None:
    """Loss, backward pass and the gradients' prints, in the order that the plan wants."""
    r, n = plan.recipe, wish.names
    out = program.exprs["output"]
    loss = program.loss_statements or f"{n.loss} = {loss_expression(wish, out, n.y, program.features_first)}"
    if plan.error == "loss":
        loss = f"{n.loss} = (0.5 * ({out} - {n.y}.T) ** 2).sum() / 5"
    backward = f"{n.loss}.backward()"
    if program.gradient_list:
        backward = f"{program.gradient_list} = torch.autograd.grad({n.loss}, {program.parameters})"
    title, item = wish.rng.choice(["loss", "Loss", "loss value", "L"]), wish.rng.choice(["", ".item()"])
    shown_loss = f"\nprint('{title}:', {n.loss}{item})" if "loss" in extras else ""
    if plan.grads == "before":
        body.code(loss, *gradients, backward)
    elif "epochs" in extras:
        body.code(epochs(program, loss, backward, "\n".join(gradients)))
    elif r.passes > 1 or r.steps > 0:
        body.code(repeated(program, wish, loss, backward))
        body.code(*(layers if r.layers_after_steps else []), *gradients)
    else:
        body.code(loss + shown_loss, backward)
        if plan.grads == "zeroed":
            body.code(f"for p in {program.parameters}:\n    p.grad.zero_()")
        body.code(*gradients)
