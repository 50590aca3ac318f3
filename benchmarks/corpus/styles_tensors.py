"""Implementation styles that work on tensors and matrix products."""

from __future__ import annotations

from .pieces import cut, data, gradients_of, indent, inside, parameters_of, second_weights, to_tensors
from .program import Program, Wish, activation


def raw(w: Wish) -> Program:
    """Tensors and matrix products, line by line."""
    n, r = w.names, w.recipe
    W2 = second_weights(w, n.W2)
    a1 = cut(w, "h1", n.h1)
    a2 = cut(w, "h2", n.h2)
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
    params = parameters_of(n.parameters)
    return Program(
        setup=("import torch\n" + to_tensors(w, ", ".join(n.parameters), "parameters"),),
        forward=forward,
        exprs={"z1": n.z1, "h1": n.h1, "z2": n.z2, "h2": n.h2, "output": n.out, "x": n.x, "y": n.y}
        | params
        | gradients_of(params),
        parameters=f"[{', '.join(n.parameters)}]",
        features_first=True,
    )


def raw_function(w: Wish) -> Program:
    """A forward function that returns all layers."""
    n, r = w.names, w.recipe
    W2 = second_weights(w, n.W2)
    a1 = cut(w, "h1", "h1")
    a2 = cut(w, "h2", "h2")
    local = {"h1": "h1", "h2": "h2", "output": "o"}
    body = (
        f'"""forward pass, returns all layer outputs"""\n'
        f"h1 = {activation(w, r.act1, f'{n.W1} @ x + {n.b1}[:, None]')}\n"
        f"h2 = {activation(w, r.act2, f'{W2} @ {a1} + {n.b2}[:, None]')}\n"
        f"o = {activation(w, r.act_out, f'{n.W3} @ {a2} + {n.b3}[:, None]')}"
    )
    function = f"def forward(x):\n{indent(body)}\n{inside(w, local, 4)}    return h1, h2, o"
    params = parameters_of(n.parameters)
    return Program(
        setup=("import torch\n\n" + to_tensors(w, ", ".join(n.parameters), "parameters"), function),
        forward=f"{n.h1}, {n.h2}, {n.out} = forward({n.x})",
        exprs={"h1": n.h1, "h2": n.h2, "output": n.out, "x": n.x, "y": n.y} | params | gradients_of(params),
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
    W2 = second_weights(w, key["W2"])
    a1 = cut(w, "h1", "cache['h1']")
    a2 = cut(w, "h2", "cache['h2']")
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
        exprs=layers | {"output": "cache['out']", "x": n.x, "y": n.y} | key | gradients_of(key),
        parameters=f"{theta}.values()",
        features_first=True,
    )


def functional_linear(w: Wish) -> Program:
    """Batch first, with torch.nn.functional.linear."""
    n, r = w.names, w.recipe
    a1 = cut(w, "h1", n.h1)
    W2 = second_weights(w, n.W2)
    a2 = cut(w, "h2", n.h2)
    forward = "\n".join(
        [
            f"{n.z1} = F.linear({n.x}, {n.W1}, {n.b1})",
            f"{n.h1} = {activation(w, r.act1, n.z1)}",
            f"{n.z2} = F.linear({a1}, {W2}, {n.b2})",
            f"{n.h2} = {activation(w, r.act2, n.z2)}",
            f"{n.out} = {activation(w, r.act_out, f'F.linear({a2}, {n.W3}, {n.b3})')}",
        ]
    )
    params = parameters_of(n.parameters)
    return Program(
        setup=(
            "import torch\nimport torch.nn.functional as F\n"
            + to_tensors(w, ", ".join(n.parameters), "parameters", batch_first=True),
        ),
        forward=forward,
        exprs={"z1": n.z1, "h1": n.h1, "z2": n.z2, "h2": n.h2, "output": n.out, "x": n.x, "y": n.y}
        | params
        | gradients_of(params),
        parameters=f"[{', '.join(n.parameters)}]",
        features_first=False,
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
        f"activations = [{acts}]\n{data(w, batch_first=False)}"
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
        | gradients_of(params),
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
    first = f"dense1({n.x})" + (".detach()" if w.detach == "h1" else "")
    second = f"dense2({first})" + (".detach()" if w.detach == "h2" else "")
    forward = f"{n.out} = dense3({second})"
    params = {f"{k}{i}": f"dense{i}.{k}" for i in (1, 2, 3) for k in ("W", "b")}
    seen = {"z1": "dense1.z", "h1": "dense1.a", "z2": "dense2.z", "h2": "dense2.a", "output": n.out}
    return Program(
        setup=(cell, build + "\n" + data(w, batch_first=False)),
        forward=forward,
        exprs=seen | {"x": n.x, "y": n.y} | params | gradients_of(params),
        parameters="[" + ", ".join(params.values()) + "]",
        features_first=True,
    )


def per_instance(w: Wish) -> Program:
    """A loop over the instances, results stacked afterwards; the loss is summed in the loop's style."""
    n, r = w.names, w.recipe
    W2 = second_weights(w, n.W2)
    a1 = cut(w, "h1", "h1_n")
    a2 = cut(w, "h2", "h2_n")
    forward = (
        "H1, H2, OUT = [], [], []\n"
        f"for n in range({n.x}.shape[1]):\n    x_n = {n.x}[:, n]\n"
        f"    h1_n = {activation(w, r.act1, f'{n.W1} @ x_n + {n.b1}')}\n"
        f"    h2_n = {activation(w, r.act2, f'{W2} @ {a1} + {n.b2}')}\n"
        f"    o_n = {activation(w, r.act_out, f'{n.W3} @ {a2} + {n.b3}')}\n"
        "    H1.append(h1_n); H2.append(h2_n); OUT.append(o_n)\n"
        f"{n.h1}, {n.h2}, {n.out} = torch.stack(H1, 1), torch.stack(H2, 1), torch.stack(OUT, 1)"
    )
    params = parameters_of(n.parameters)
    loss = ""
    if r.loss == "right" and w.rng.random() < 0.6:
        loss = (
            f"{n.loss} = 0\nfor n in range(5):\n"
            f"    {n.loss} = {n.loss} + 0.5 * torch.sum(({n.out}[:, n] - {n.y}[:, n]) ** 2)\n"
            f"{n.loss} = {n.loss} / 5"
        )
    return Program(
        setup=("import torch\n" + to_tensors(w, ", ".join(n.parameters), "parameters"),),
        forward=forward,
        exprs={"h1": n.h1, "h2": n.h2, "output": n.out, "x": n.x, "y": n.y} | params | gradients_of(params),
        parameters=f"[{', '.join(n.parameters)}]",
        features_first=True,
        loss_statements=loss,
    )


def old_variables(w: Wish) -> Program:
    """Written like a tutorial of 2017: Variable, FloatTensor, mm, expand_as."""
    n, r = w.names, w.recipe
    W2 = second_weights(w, n.W2)
    a1 = cut(w, "h1", n.h1)
    a2 = cut(w, "h2", n.h2)
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
    params = parameters_of(n.parameters)
    return Program(
        setup=("import torch\nfrom torch.autograd import Variable\n\n" + "\n".join(lines),),
        forward=forward,
        exprs={"z1": n.z1, "h1": n.h1, "z2": n.z2, "h2": n.h2, "output": n.out, "x": n.x, "y": n.y}
        | params
        | gradients_of(params),
        parameters=f"[{', '.join(n.parameters)}]",
        features_first=True,
    )


def transposed_leaves(w: Wish) -> Program:
    """x @ W: the leaves are transposed weights and (1, n) biases, so their gradients are too."""
    n, r = w.names, w.recipe
    a1 = cut(w, "h1", n.h1)
    W2 = second_weights(w, n.W2)
    a2 = cut(w, "h2", n.h2)
    cast = "" if w.dtype == "float64" else ", dtype=torch.float32"
    setup = (
        "import torch\n# samples are rows here, so weights are transposed\n"
        f"{', '.join(n.parameters)} = [\n"
        f"    torch.tensor(p.T if p.ndim == 2 else p[None, :]{cast}, requires_grad=True)\n"
        "    for p in parameters\n]\n" + data(w, batch_first=True)
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
    params = parameters_of(n.parameters)
    return Program(
        setup=(setup,),
        forward=forward,
        exprs={"z1": n.z1, "h1": n.h1, "z2": n.z2, "h2": n.h2, "output": n.out, "x": n.x, "y": n.y}
        | params
        | gradients_of(params),
        parameters=f"[{', '.join(n.parameters)}]",
        features_first=False,
    )


def bias_columns(w: Wish) -> Program:
    """Biases are (n, 1) leaves; torch.addmm."""
    n, r = w.names, w.recipe
    W2 = second_weights(w, n.W2)
    a1 = cut(w, "h1", n.h1)
    a2 = cut(w, "h2", n.h2)
    cast = "" if w.dtype == "float64" else ".float()"
    setup = (
        "import torch\n"
        f"{', '.join(n.parameters)} = [\n"
        f"    torch.tensor(p.reshape(len(p), -1)){cast}.requires_grad_() for p in parameters]\n"
        + data(w, batch_first=False)
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
    params = parameters_of(n.parameters)
    return Program(
        setup=(setup,),
        forward=forward,
        exprs={"z1": n.z1, "h1": n.h1, "z2": n.z2, "h2": n.h2, "output": n.out, "x": n.x, "y": n.y}
        | params
        | gradients_of(params),
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
