"""Lines that several implementation styles share."""

from __future__ import annotations

from .program import Wish


def gradients_of(params: dict[str, str]) -> dict[str, str]:
    """Expressions of the gradients, from those of the parameters."""
    return {"d" + name: expression + ".grad" for name, expression in params.items()}


def parameters_of(n: tuple[str, ...]) -> dict[str, str]:
    """W1 … b3 by the student's names."""
    return dict(zip(("W1", "b1", "W2", "b2", "W3", "b3"), n, strict=True))


def indent(code: str, by: int = 4) -> str:
    """Every line of code indented."""
    return "\n".join(" " * by + line if line else line for line in code.split("\n"))


def second_weights(w: Wish, name: str) -> str:
    """W2 as it is used: transposed where the recipe says so."""
    return f"{name}.T" if w.recipe.w2_transposed else name


def cut(w: Wish, layer: str, name: str) -> str:
    """A layer as the next one takes it: cut off the graph where the wish says so."""
    return f"{name}.detach()" if w.detach == layer else name


def inside(w: Wish, local: dict[str, str], by: int) -> str:
    """Lines that print the layers from within forward(), indented."""
    code = w.inside(local) if w.inside else ""
    return indent(code, by) + "\n" if code else ""


def to_tensors(w: Wish, targets: str, source: str, batch_first: bool = False) -> str:
    """Turn parameters (as in `source`), x and y into tensors, in one of several ways."""
    n = w.names
    t = ".T" if batch_first else ""
    if w.dtype == "float64":
        make = w.rng.choice(
            [
                f"{targets} = [torch.tensor(p, requires_grad=True) for p in {source}]",
                f"{targets} = [torch.from_numpy(p).requires_grad_() for p in {source}]",
                f"{targets} = (torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in {source})",
            ]
        )
        return f"{make}\n{n.x} = torch.from_numpy(x{t})\n{n.y} = torch.from_numpy(y{t})"
    make = w.rng.choice(
        [
            f"{targets} = [torch.tensor(p, dtype=torch.float32, requires_grad=True) for p in {source}]",
            f"{targets} = [torch.tensor(p).float().requires_grad_(True) for p in {source}]",
            f"{targets} = map(lambda p: torch.nn.Parameter(torch.Tensor(p)), {source})",
        ]
    )
    data_lines = [
        f"{name} = torch.tensor({v}{t}, dtype=torch.float32)" for name, v in ((n.x, "x"), (n.y, "y"))
    ]
    return "\n".join([make, *data_lines])


def data(w: Wish, batch_first: bool) -> str:
    """x and y as tensors, in one of several ways."""
    n, t = w.names, ".T" if batch_first else ""
    if w.dtype == "float64":
        return f"{n.x}, {n.y} = torch.from_numpy(x{t}), torch.from_numpy(y{t})"
    return w.rng.choice(
        [
            f"{n.x} = torch.Tensor(x{t})\n{n.y} = torch.Tensor(y{t})",
            f"{n.x} = torch.from_numpy(x{t}).float()\n{n.y} = torch.from_numpy(y{t}).float()",
            f"{n.x}, {n.y} = (torch.tensor(v{t}, dtype=torch.float32) for v in (x, y))",
        ]
    )
