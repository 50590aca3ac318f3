"""Implementation styles: the same network as different students write it.

A style takes a `Wish` and returns a `Program`. `CAN` says which unusual wishes it can fulfil.
"""

from __future__ import annotations

from collections.abc import Callable

from .program import Layers, Program, Wish, activation, loss_expression, module_activation

Style = Callable[[Wish], Program]


def _gradients(params: dict[str, str]) -> dict[str, str]:
    return {"d" + name: expression + ".grad" for name, expression in params.items()}


def _params(n: tuple[str, ...]) -> dict[str, str]:
    return dict(zip(("W1", "b1", "W2", "b2", "W3", "b3"), n, strict=True))


def _indent(code: str, by: int = 4) -> str:
    return "\n".join(" " * by + line if line else line for line in code.split("\n"))


def _w2(w: Wish, name: str) -> str:
    return f"{name}.T" if w.recipe.w2_transposed else name


def _cut(w: Wish, layer: str, name: str) -> str:
    return f"{name}.detach()" if w.detach == layer else name


def _inside(w: Wish, local: dict[str, str], by: int) -> str:
    code = w.inside(local) if w.inside else ""
    return _indent(code, by) + "\n" if code else ""


def _to_tensors(w: Wish, targets: str, source: str, batch_first: bool = False) -> str:
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
    return f"{make}\n{n.x} = torch.tensor(x{t}, dtype=torch.float32)\n{n.y} = torch.tensor(y{t}, dtype=torch.float32)"


def _data(w: Wish, batch_first: bool) -> str:
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


def raw(w: Wish) -> Program:
    """Tensors and matrix products, line by line."""
    n, r = w.names, w.recipe
    W2 = _w2(w, n.W2)
    a1 = _cut(w, "h1", n.h1)
    a2 = _cut(w, "h2", n.h2)
    col = w.rng.choice(["[:, None]", ".unsqueeze(1)", ".reshape(-1, 1)", ".view(-1, 1)"])
    b1, b2, b3 = ("" if w.no_bias else f" + {b}{col}" for b in (n.b1, n.b2, n.b3))
    mm = w.rng.choice(
        [lambda a, b: f"{a} @ {b}", lambda a, b: f"torch.matmul({a}, {b})", lambda a, b: f"{a}.mm({b})"]
    )
    forward = "\n".join(
        [
            f"{n.z1} = {mm(n.W1, n.x)}{b1}",
            f"{n.h1} = {activation(w, r.act1, n.z1)}",
            f"{n.z2} = {mm(W2, a1)}{b2}",
            f"{n.h2} = {activation(w, r.act2, n.z2)}",
            f"{n.out} = " + activation(w, r.act_out, f"{mm(n.W3, a2)}{b3}"),
        ]
    )
    params = _params(n.parameters)
    return Program(
        setup=("import torch\n" + _to_tensors(w, ", ".join(n.parameters), "parameters"),),
        forward=forward,
        exprs={"z1": n.z1, "h1": n.h1, "z2": n.z2, "h2": n.h2, "output": n.out, "x": n.x, "y": n.y}
        | params
        | _gradients(params),
        parameters=f"[{', '.join(n.parameters)}]",
        features_first=True,
    )


def raw_function(w: Wish) -> Program:
    """A forward function that returns all layers."""
    n, r = w.names, w.recipe
    W2 = _w2(w, n.W2)
    a1 = _cut(w, "h1", "h1")
    a2 = _cut(w, "h2", "h2")
    local = {"h1": "h1", "h2": "h2", "output": "o"}
    body = (
        f'"""forward pass, returns all layer outputs"""\n'
        f"h1 = {activation(w, r.act1, f'{n.W1} @ x + {n.b1}[:, None]')}\n"
        f"h2 = {activation(w, r.act2, f'{W2} @ {a1} + {n.b2}[:, None]')}\n"
        f"o = {activation(w, r.act_out, f'{n.W3} @ {a2} + {n.b3}[:, None]')}"
    )
    function = f"def forward(x):\n{_indent(body)}\n{_inside(w, local, 4)}    return h1, h2, o"
    params = _params(n.parameters)
    return Program(
        setup=("import torch\n\n" + _to_tensors(w, ", ".join(n.parameters), "parameters"), function),
        forward=f"{n.h1}, {n.h2}, {n.out} = forward({n.x})",
        exprs={"h1": n.h1, "h2": n.h2, "output": n.out, "x": n.x, "y": n.y} | params | _gradients(params),
        parameters=f"({', '.join(n.parameters)})",
        features_first=True,
        printed_inside=w.inside is not None,
    )


def dictionary(w: Wish) -> Program:
    """Parameters and layers live in dicts."""
    n, r = w.names, w.recipe
    theta = w.rng.choice(["theta", "params", "P", "weights"])
    cast = "" if w.dtype == "float64" else ", dtype=torch.float32"
    setup = (
        "import torch\n"
        f"names = ['W1', 'b1', 'W2', 'b2', 'W3', 'b3']\n"
        f"{theta} = {{name: torch.tensor(value{cast}, requires_grad=True)\n"
        f"{' ' * len(theta)}    for name, value in zip(names, parameters)}}\n"
        f"{n.x}, {n.y} = torch.tensor(x{cast}), torch.tensor(y{cast})"
    )
    key = {name: f"{theta}['{name}']" for name in ("W1", "b1", "W2", "b2", "W3", "b3")}
    W2 = _w2(w, key["W2"])
    a1 = _cut(w, "h1", "cache['h1']")
    a2 = _cut(w, "h2", "cache['h2']")
    col = ".unsqueeze(-1)"
    act1 = activation(w, r.act1, "cache['z1']")
    act2 = activation(w, r.act2, "cache['z2']")
    out = activation(w, r.act_out, f"{key['W3']} @ {a2} + {key['b3']}{col}")
    forward = "\n".join(
        [
            "cache = {}",
            f"cache['z1'] = {key['W1']} @ {n.x} + {key['b1']}{col}",
            f"cache['h1'] = {act1}",
            f"cache['z2'] = {W2} @ {a1} + {key['b2']}{col}",
            f"cache['h2'] = {act2}",
            f"cache['out'] = {out}",
        ]
    )
    layers = {"z1": "cache['z1']", "h1": "cache['h1']", "z2": "cache['z2']", "h2": "cache['h2']"}
    return Program(
        setup=(setup,),
        forward=forward,
        exprs=layers | {"output": "cache['out']", "x": n.x, "y": n.y} | key | _gradients(key),
        parameters=f"{theta}.values()",
        features_first=True,
    )


def functional_linear(w: Wish) -> Program:
    """Batch first, with torch.nn.functional.linear."""
    n, r = w.names, w.recipe
    a1 = _cut(w, "h1", n.h1)
    W2 = _w2(w, n.W2)
    a2 = _cut(w, "h2", n.h2)
    forward = "\n".join(
        [
            f"{n.z1} = F.linear({n.x}, {n.W1}, {n.b1})",
            f"{n.h1} = {activation(w, r.act1, n.z1)}",
            f"{n.z2} = F.linear({a1}, {W2}, {n.b2})",
            f"{n.h2} = {activation(w, r.act2, n.z2)}",
            f"{n.out} = {activation(w, r.act_out, f'F.linear({a2}, {n.W3}, {n.b3})')}",
        ]
    )
    params = _params(n.parameters)
    return Program(
        setup=(
            "import torch\nimport torch.nn.functional as F\n"
            + _to_tensors(w, ", ".join(n.parameters), "parameters", batch_first=True),
        ),
        forward=forward,
        exprs={"z1": n.z1, "h1": n.h1, "z2": n.z2, "h2": n.h2, "output": n.out, "x": n.x, "y": n.y}
        | params
        | _gradients(params),
        parameters=f"[{', '.join(n.parameters)}]",
        features_first=False,
    )


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
    a1 = _cut(w, "h1", h1)
    a2 = _cut(w, "h2", h2)
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
        f"{_indent(build, 8)}\n{comment}{_indent(copy, 8) if copy else ''}\n\n"
        f"    def forward(self, x):\n{_indent(body, 8)}\n{_inside(w, local, 8)}        return {returned}\n\n"
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
        setup=(cell, _data(w, batch_first=True)),
        forward=call,
        exprs=seen | {"x": n.x, "y": n.y} | params | _gradients(params),
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
            f"for p, value in zip({n.model}.parameters(), parameters):\n    p.data = torch.tensor(value){cast}",
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
        setup=(cell, _data(w, batch_first=True)),
        forward=forward,
        exprs={"h1": n.h1, "h2": n.h2, "output": n.out, "x": n.x, "y": n.y} | params | _gradients(params),
        parameters=f"{n.model}.parameters()",
        features_first=False,
        module_names=found,
    )


def sequential_collected(w: Wish) -> Program:
    """nn.Sequential, each step's result collected in a list."""
    n, r = w.names, w.recipe
    cell, params, found = _sequential(w)
    forward = f"steps = []\na = {n.x}\nfor layer in {n.model}:\n    a = layer(a)\n    steps.append(a)\n{n.out} = steps[-1]"
    seen = {"z1": "steps[0]", "h1": "steps[1]", "z2": "steps[2]", "h2": "steps[3]", "output": n.out}
    return Program(
        setup=(cell, _data(w, batch_first=True)),
        forward=forward,
        exprs=seen | {"x": n.x, "y": n.y} | params | _gradients(params),
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
        setup=(cell, _data(w, batch_first=True), register),
        forward=f"{n.out} = {n.model}({n.x})",
        exprs=seen | {"x": n.x, "y": n.y} | params | _gradients(params),
        parameters=f"{n.model}.parameters()",
        features_first=False,
        module_names=found,
    )


def parameter_list(w: Wish) -> Program:
    """nn.Module around the handout's arrays, in an nn.ParameterList."""
    n, r = w.names, w.recipe
    W2 = _w2(w, "W2")
    a1 = _cut(w, "h1", "h1")
    a2 = _cut(w, "h2", "h2")
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
        f"    def forward(self, x):\n{_indent(body, 8)}\n{_inside(w, local, 8)}        return [h1, h2, y]\n\n"
        f"{n.model} = Network(parameters)\n{_data(w, batch_first=False)}"
    )
    params = {name: f"{n.model}.params[{i}]" for i, name in enumerate(("W1", "b1", "W2", "b2", "W3", "b3"))}
    return Program(
        setup=(cell,),
        forward=f"layers = {n.model}({n.x})\n{n.out} = layers[-1]",
        exprs={"h1": "layers[0]", "h2": "layers[1]", "output": n.out, "x": n.x, "y": n.y}
        | params
        | _gradients(params),
        parameters=f"{n.model}.parameters()",
        features_first=True,
        printed_inside=w.inside is not None,
    )


def loop_over_layers(w: Wish) -> Program:
    """Lists of weights and biases, one loop over the layers."""
    n, r = w.names, w.recipe
    cast = "" if w.dtype == "float64" else ", dtype=torch.float32"
    acts = ", ".join(
        "lambda z: z" if a == "none" else ("torch." + a if a != "leaky" else "torch.nn.functional.leaky_relu")
        for a in (r.act1, r.act2, r.act_out)
    )
    setup = (
        f"import torch\n\nWs = [torch.tensor(p{cast}, requires_grad=True) for p in parameters[::2]]\n"
        f"bs = [torch.tensor(p{cast}, requires_grad=True) for p in parameters[1::2]]\n"
        f"activations = [{acts}]\n{_data(w, batch_first=False)}"
    )
    product = w.rng.choice(["W @ a", "torch.einsum('ij,jn->in', W, a)", "torch.mm(W, a)"])
    forward = (
        f"a = {n.x}\nouts = []\nfor W, b, act in zip(Ws, bs, activations):\n"
        f"    a = act({product} + b[:, None])\n    outs.append(a)"
    )
    params = {f"{k}{i + 1}": f"{k}s[{i}]" for i in range(3) for k in ("W", "b")}
    return Program(
        setup=(setup,),
        forward=forward,
        exprs={"h1": "outs[0]", "h2": "outs[1]", "output": "outs[2]", "x": n.x, "y": n.y}
        | params
        | _gradients(params),
        parameters="Ws + bs",
        features_first=True,
    )


def own_layer_class(w: Wish) -> Program:
    """A layer class of the student's own."""
    n, r = w.names, w.recipe
    cast = "" if w.dtype == "float64" else ".float()"
    cell = (
        "import torch\n\nclass Dense:\n"
        '    """fully connected layer  a = act(W x + b)"""\n\n'
        "    def __init__(self, W, b, act=None):\n"
        f"        self.W = torch.tensor(W){cast}.requires_grad_()\n"
        f"        self.b = torch.tensor(b){cast}.requires_grad_()\n        self.act = act\n\n"
        "    def __call__(self, x):\n        self.z = self.W @ x + self.b.unsqueeze(1)\n"
        "        self.a = self.z if self.act is None else self.act(self.z)\n        return self.a"
    )
    act = [
        "None" if a == "none" else ("torch." + a if a != "leaky" else "torch.nn.functional.leaky_relu")
        for a in (r.act1, r.act2, r.act_out)
    ]
    build = "\n".join(
        f"dense{i + 1} = Dense(parameters[{2 * i}], parameters[{2 * i + 1}], {act[i]})" for i in range(3)
    )
    forward = (
        f"{n.out} = dense3({'dense2(dense1(' if not w.detach else ''}{n.x}{'))' if not w.detach else ''})"
        if not w.detach
        else f"{n.out} = dense3(dense2(dense1({n.x}){'.detach()' if w.detach == 'h1' else ''}){'.detach()' if w.detach == 'h2' else ''})"
    )
    params = {f"{k}{i}": f"dense{i}.{k}" for i in (1, 2, 3) for k in ("W", "b")}
    seen = {"z1": "dense1.z", "h1": "dense1.a", "z2": "dense2.z", "h2": "dense2.a", "output": n.out}
    return Program(
        setup=(cell, build + "\n" + _data(w, batch_first=False)),
        forward=forward,
        exprs=seen | {"x": n.x, "y": n.y} | params | _gradients(params),
        parameters="[" + ", ".join(params.values()) + "]",
        features_first=True,
    )


def per_instance(w: Wish) -> Program:
    """A loop over the instances, results stacked afterwards; the loss is summed in the loop's style."""
    n, r = w.names, w.recipe
    W2 = _w2(w, n.W2)
    a1 = _cut(w, "h1", "h1_n")
    a2 = _cut(w, "h2", "h2_n")
    forward = (
        "H1, H2, OUT = [], [], []\n"
        f"for n in range({n.x}.shape[1]):\n    x_n = {n.x}[:, n]\n"
        f"    h1_n = {activation(w, r.act1, f'{n.W1} @ x_n + {n.b1}')}\n"
        f"    h2_n = {activation(w, r.act2, f'{W2} @ {a1} + {n.b2}')}\n"
        f"    o_n = {activation(w, r.act_out, f'{n.W3} @ {a2} + {n.b3}')}\n"
        "    H1.append(h1_n); H2.append(h2_n); OUT.append(o_n)\n"
        f"{n.h1}, {n.h2}, {n.out} = torch.stack(H1, 1), torch.stack(H2, 1), torch.stack(OUT, 1)"
    )
    params = _params(n.parameters)
    loss = ""
    if r.loss == "right" and w.rng.random() < 0.6:
        loss = (
            f"{n.loss} = 0\nfor n in range(5):\n    {n.loss} = {n.loss} + 0.5 * torch.sum(({n.out}[:, n] - {n.y}[:, n]) ** 2)\n"
            f"{n.loss} = {n.loss} / 5"
        )
    return Program(
        setup=("import torch\n" + _to_tensors(w, ", ".join(n.parameters), "parameters"),),
        forward=forward,
        exprs={"h1": n.h1, "h2": n.h2, "output": n.out, "x": n.x, "y": n.y} | params | _gradients(params),
        parameters=f"[{', '.join(n.parameters)}]",
        features_first=True,
        loss_statements=loss,
    )


def old_variables(w: Wish) -> Program:
    """Written like a tutorial of 2017: Variable, FloatTensor, mm, expand_as."""
    n, r = w.names, w.recipe
    W2 = _w2(w, n.W2)
    a1 = _cut(w, "h1", n.h1)
    a2 = _cut(w, "h2", n.h2)
    kind = "DoubleTensor" if w.dtype == "float64" else "FloatTensor"
    lines = [
        f"{name} = Variable(torch.{kind}(parameters[{i}]), requires_grad=True)"
        for i, name in enumerate(n.parameters)
    ]
    lines += [f"{n.x} = Variable(torch.{kind}(x))", f"{n.y} = Variable(torch.{kind}(y))"]
    forward = "\n".join(
        [
            f"{n.z1} = {n.W1}.mm({n.x}) + {n.b1}.unsqueeze(1).expand(4, 5)",
            f"{n.h1} = {activation(w, r.act1, n.z1)}",
            f"{n.z2} = {W2}.mm({a1}) + {n.b2}.unsqueeze(1).expand(4, 5)",
            f"{n.h2} = {activation(w, r.act2, n.z2)}",
            f"{n.out} = {activation(w, r.act_out, f'{n.W3}.mm({a2}) + {n.b3}.unsqueeze(1).expand(2, 5)')}",
        ]
    )
    params = _params(n.parameters)
    return Program(
        setup=("import torch\nfrom torch.autograd import Variable\n\n" + "\n".join(lines),),
        forward=forward,
        exprs={"z1": n.z1, "h1": n.h1, "z2": n.z2, "h2": n.h2, "output": n.out, "x": n.x, "y": n.y}
        | params
        | _gradients(params),
        parameters=f"[{', '.join(n.parameters)}]",
        features_first=True,
    )


def transposed_leaves(w: Wish) -> Program:
    """x @ W: the leaves are transposed weights and (1, n) biases, so their gradients are too."""
    n, r = w.names, w.recipe
    a1 = _cut(w, "h1", n.h1)
    W2 = _w2(w, n.W2)
    a2 = _cut(w, "h2", n.h2)
    cast = "" if w.dtype == "float64" else ", dtype=torch.float32"
    setup = (
        "import torch\n# samples are rows here, so weights are transposed\n"
        f"{', '.join(n.parameters)} = [torch.tensor(p.T if p.ndim == 2 else p[None, :]{cast}, requires_grad=True)\n"
        "    for p in parameters]\n" + _data(w, batch_first=True)
    )
    forward = "\n".join(
        [
            f"{n.z1} = {n.x} @ {n.W1} + {n.b1}",
            f"{n.h1} = {activation(w, r.act1, n.z1)}",
            f"{n.z2} = {a1} @ {W2} + {n.b2}",
            f"{n.h2} = {activation(w, r.act2, n.z2)}",
            f"{n.out} = {activation(w, r.act_out, f'{a2} @ {n.W3} + {n.b3}')}",
        ]
    )
    params = _params(n.parameters)
    return Program(
        setup=(setup,),
        forward=forward,
        exprs={"z1": n.z1, "h1": n.h1, "z2": n.z2, "h2": n.h2, "output": n.out, "x": n.x, "y": n.y}
        | params
        | _gradients(params),
        parameters=f"[{', '.join(n.parameters)}]",
        features_first=False,
    )


def bias_columns(w: Wish) -> Program:
    """Biases are (n, 1) leaves; torch.addmm."""
    n, r = w.names, w.recipe
    W2 = _w2(w, n.W2)
    a1 = _cut(w, "h1", n.h1)
    a2 = _cut(w, "h2", n.h2)
    cast = "" if w.dtype == "float64" else ".float()"
    setup = (
        "import torch\n"
        f"{', '.join(n.parameters)} = [torch.tensor(p.reshape(len(p), -1)){cast}.requires_grad_() for p in parameters]\n"
        + _data(w, batch_first=False)
    )
    forward = "\n".join(
        [
            f"{n.z1} = torch.addmm({n.b1}, {n.W1}, {n.x})",
            f"{n.h1} = {activation(w, r.act1, n.z1)}",
            f"{n.z2} = torch.addmm({n.b2}, {W2}, {a1})",
            f"{n.h2} = {activation(w, r.act2, n.z2)}",
            f"{n.out} = {activation(w, r.act_out, f'torch.addmm({n.b3}, {n.W3}, {a2})')}",
        ]
    )
    params = _params(n.parameters)
    return Program(
        setup=(setup,),
        forward=forward,
        exprs={"z1": n.z1, "h1": n.h1, "z2": n.z2, "h2": n.h2, "output": n.out, "x": n.x, "y": n.y}
        | params
        | _gradients(params),
        parameters=f"[{', '.join(n.parameters)}]",
        features_first=True,
    )


def gradient_call(w: Wish) -> Program:
    """torch.autograd.grad in place of backward()."""
    base = raw(w)
    gradients = {f"d{name}": f"grads[{i}]" for i, name in enumerate(("W1", "b1", "W2", "b2", "W3", "b3"))}
    return Program(
        setup=base.setup,
        forward=base.forward,
        exprs=base.exprs | gradients,
        parameters=base.parameters,
        features_first=True,
        gradient_list="grads",
    )


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

__all__ = ["CAN", "STYLES", "Layers", "Style", "loss_expression"]
