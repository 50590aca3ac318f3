"""Implementation styles around torch.nn."""

from __future__ import annotations

from .pieces import cut, data, gradients_of, indent, inside, second_weights
from .program import Program, Wish, activation, module_activation


def _layer_names(w: Wish) -> tuple[str, str, str]:
    return w.rng.choice(
        [
            ("fc1", "fc2", "fc3"),
            ("linear1", "linear2", "linear3"),
            ("hidden1", "hidden2", "output"),
            ("l1", "l2", "l3"),
            ("layer1", "layer2", "layer3"),
            ("lin1", "lin2", "lin_out"),
        ]
    )


def _copy_weights(w: Wish, owner: str, layers: tuple[str, str, str]) -> str:
    cast = ".double()" if w.dtype == "float64" else ".float()"
    if w.default_init:
        return f"{owner}.double()" if w.dtype == "float64" else ""
    a, b, c = (f"{owner}.{layer}" for layer in layers)
    ways = [
        "\n".join(
            f"{layer}.{part}.data = torch.from_numpy(parameters[{i}]){cast}"
            for i, (layer, part) in enumerate((la, p) for la in (a, b, c) for p in ("weight", "bias"))
        ),
        "\n".join(
            f"{layer}.{part} = nn.Parameter(torch.tensor(parameters[{i}]){cast})"
            for i, (layer, part) in enumerate((la, p) for la in (a, b, c) for p in ("weight", "bias"))
        ),
        f"for layer, (W, b) in zip([{a}, {b}, {c}], [(0, 1), (2, 3), (4, 5)]):\n"
        f"    layer.weight.data = torch.tensor(parameters[W]){cast}\n"
        f"    layer.bias.data = torch.tensor(parameters[b]){cast}",
    ]
    return w.rng.choice(ways)


def module(w: Wish) -> Program:
    """nn.Module with three nn.Linear and weights copied in; forward() returns the layers or keeps them."""
    n, r = w.names, w.recipe
    layers = _layer_names(w)
    keeps = w.rng.random() < 0.5
    bias = ", bias=False" if w.no_bias else ""
    sizes = ("3, 4", "4, 4", "4, 2")
    h1, h2, o = ("self.h1", "self.h2", "self.out") if keeps else ("h1", "h2", "out")
    a1 = cut(w, "h1", h1)
    a2 = cut(w, "h2", h2)
    build = "\n".join(
        f"self.{name} = nn.Linear({size}{bias})" for name, size in zip(layers, sizes, strict=True)
    )
    copy = _copy_weights(w, "self", layers)
    if w.no_bias:
        copy = "\n".join(
            f"self.{name}.weight.data = torch.tensor(parameters[{2 * i}])"
            + (".double()" if w.dtype == "float64" else ".float()")
            for i, name in enumerate(layers)
        )
    body = (
        f"{h1} = {activation(w, r.act1, f'self.{layers[0]}(x)')}\n"
        f"{h2} = {activation(w, r.act2, f'self.{layers[1]}({a1})')}\n"
        f"{o} = {activation(w, r.act_out, f'self.{layers[2]}({a2})')}"
    )
    cls = w.rng.choice(["Net", "MLP", "FeedForward", "NeuralNetwork", "TwoHiddenLayerNet"])
    local = {"h1": h1, "h2": h2, "output": o}
    comment = "" if w.default_init else "        # use the given initialisation\n"
    returned = o if keeps else f"{h1}, {h2}, {o}"
    cell = (
        "import torch\nimport torch.nn as nn\n\n"
        f"class {cls}(nn.Module):\n    def __init__(self):\n        super({cls}, self).__init__()\n"
        f"{indent(build, 8)}\n{comment}{indent(copy, 8) if copy else ''}\n\n"
        f"    def forward(self, x):\n{indent(body, 8)}\n{inside(w, local, 8)}        return {returned}\n\n"
        f"{n.model} = {cls}()"
    )
    params = {
        f"{kind}{i + 1}": f"{n.model}.{name}.{part}"
        for i, name in enumerate(layers)
        for kind, part in (("W", "weight"), ("b", "bias"))
        if not (w.no_bias and kind == "b")
    }
    seen = (
        {"h1": f"{n.model}.h1", "h2": f"{n.model}.h2", "output": n.out}
        if keeps
        else {"h1": n.h1, "h2": n.h2, "output": n.out}
    )
    call = f"{n.out} = {n.model}({n.x})" if keeps else f"{n.h1}, {n.h2}, {n.out} = {n.model}({n.x})"
    return Program(
        setup=(cell, data(w, batch_first=True)),
        forward=call,
        exprs=seen | {"x": n.x, "y": n.y} | params | gradients_of(params),
        parameters=f"{n.model}.parameters()",
        features_first=False,
        module_names={
            f"{kind}{i + 1}": f"{name}.{part}"
            for i, name in enumerate(layers)
            for kind, part in (("W", "weight"), ("b", "bias"))
        },
        printed_inside=w.inside is not None,
    )


def _sequential(w: Wish) -> tuple[str, dict[str, str], dict[str, str]]:
    n, r = w.names, w.recipe
    tail = "" if r.act_out == "none" else f", {module_activation(r.act_out)}"
    double = ".double()" if w.dtype == "float64" else ""
    cast = ".double()" if w.dtype == "float64" else ".float()"
    build = (
        f"{n.model} = nn.Sequential(\n    nn.Linear(3, 4), {module_activation(r.act1)},\n"
        f"    nn.Linear(4, 4), {module_activation(r.act2)},\n    nn.Linear(4, 2){tail},\n){double}"
    )
    copy = w.rng.choice(
        [
            f"for p, value in zip({n.model}.parameters(), parameters):\n"
            f"    p.data = torch.tensor(value){cast}",
            f"with torch.no_grad():\n    for p, value in zip({n.model}.parameters(), parameters):\n"
            f"        p.copy_(torch.from_numpy(value))",
            "\n".join(
                f"{n.model}[{i}].{part}.data = torch.tensor(parameters[{k}]){cast}"
                for k, (i, part) in enumerate((i, part) for i in (0, 2, 4) for part in ("weight", "bias"))
            ),
        ]
    )
    if w.default_init:
        copy = ""
    params = {
        f"{kind}{i // 2 + 1}": f"{n.model}[{i}].{part}"
        for i in (0, 2, 4)
        for kind, part in (("W", "weight"), ("b", "bias"))
    }
    found = {k: v.replace(f"{n.model}[", "").replace("]", "") for k, v in params.items()}
    return f"import torch\nfrom torch import nn\n\n{build}\n{copy}", params, found


def sequential_slices(w: Wish) -> Program:
    """nn.Sequential, layers by slicing."""
    n, r = w.names, w.recipe
    cell, params, found = _sequential(w)
    end = "4:" if r.act_out != "none" else "4"
    forward = (
        f"{n.h1} = {n.model}[:2]({n.x})\n{n.h2} = {n.model}[2:4]({n.h1})\n{n.out} = {n.model}[{end}]({n.h2})"
    )
    return Program(
        setup=(cell, data(w, batch_first=True)),
        forward=forward,
        exprs={"h1": n.h1, "h2": n.h2, "output": n.out, "x": n.x, "y": n.y} | params | gradients_of(params),
        parameters=f"{n.model}.parameters()",
        features_first=False,
        module_names=found,
    )


def sequential_collected(w: Wish) -> Program:
    """nn.Sequential, each step's result collected in a list."""
    n = w.names
    cell, params, found = _sequential(w)
    forward = (
        f"steps = []\na = {n.x}\nfor layer in {n.model}:\n    a = layer(a)\n    steps.append(a)\n"
        f"{n.out} = steps[-1]"
    )
    seen = {"z1": "steps[0]", "h1": "steps[1]", "z2": "steps[2]", "h2": "steps[3]", "output": n.out}
    return Program(
        setup=(cell, data(w, batch_first=True)),
        forward=forward,
        exprs=seen | {"x": n.x, "y": n.y} | params | gradients_of(params),
        parameters=f"{n.model}.parameters()",
        features_first=False,
        module_names=found,
    )


def hooks(w: Wish) -> Program:
    """nn.Sequential with forward hooks that keep the activations."""
    n, r = w.names, w.recipe
    cell, params, found = _sequential(w)
    last = 5 if r.act_out != "none" else 4
    register = (
        "activations = {}\n\ndef remember(name):\n    def hook(module, args, result):\n"
        "        activations[name] = result\n    return hook\n\n"
        f"for i in (1, 3, {last}):\n    {n.model}[i].register_forward_hook(remember(i))"
    )
    seen = {"h1": "activations[1]", "h2": "activations[3]", "output": f"activations[{last}]"}
    return Program(
        setup=(cell, data(w, batch_first=True), register),
        forward=f"{n.out} = {n.model}({n.x})",
        exprs=seen | {"x": n.x, "y": n.y} | params | gradients_of(params),
        parameters=f"{n.model}.parameters()",
        features_first=False,
        module_names=found,
    )


def parameter_list(w: Wish) -> Program:
    """nn.Module around the handout's arrays, in an nn.ParameterList."""
    n, r = w.names, w.recipe
    W2 = second_weights(w, "W2")
    a1 = cut(w, "h1", "h1")
    a2 = cut(w, "h2", "h2")
    cast = "" if w.dtype == "float64" else ", dtype=torch.float32"
    local = {"h1": "h1", "h2": "h2", "output": "y"}
    body = (
        "W1, b1, W2, b2, W3, b3 = self.params\n"
        f"h1 = {activation(w, r.act1, 'W1 @ x + b1.view(-1, 1)')}\n"
        f"h2 = {activation(w, r.act2, f'{W2} @ {a1} + b2.view(-1, 1)')}\n"
        f"y = {activation(w, r.act_out, f'W3 @ {a2} + b3.view(-1, 1)')}"
    )
    cell = (
        "import torch\n\nclass Network(torch.nn.Module):\n    def __init__(self, parameters):\n"
        "        super().__init__()\n        self.params = torch.nn.ParameterList(\n"
        f"            [torch.nn.Parameter(torch.tensor(p{cast})) for p in parameters])\n\n"
        f"    def forward(self, x):\n{indent(body, 8)}\n{inside(w, local, 8)}        return [h1, h2, y]\n\n"
        f"{n.model} = Network(parameters)\n{data(w, batch_first=False)}"
    )
    params = {name: f"{n.model}.params[{i}]" for i, name in enumerate(("W1", "b1", "W2", "b2", "W3", "b3"))}
    return Program(
        setup=(cell,),
        forward=f"layers = {n.model}({n.x})\n{n.out} = layers[-1]",
        exprs={"h1": "layers[0]", "h2": "layers[1]", "output": n.out, "x": n.x, "y": n.y}
        | params
        | gradients_of(params),
        parameters=f"{n.model}.parameters()",
        features_first=True,
        printed_inside=w.inside is not None,
    )
