"""Label families: how one student names layers and gradients, always in the same manner."""

from __future__ import annotations

import random

_SUB = {"1": "₁", "2": "₂", "3": "₃"}
_ORDINAL = {
    "en": {"1": "first", "2": "second", "3": "third"},
    "de": {"1": "ersten", "2": "zweiten", "3": "dritten"},
    "fr": {"1": "première", "2": "deuxième", "3": "troisième"},
    "zh": {"1": "一", "2": "二", "3": "三"},
}

LAYER_FAMILIES: dict[str, tuple[str, str, str]] = {
    "h": ("h1", "h2", "output"),
    "h_underscore": ("h_1", "h_2", "f"),
    "h_superscript": ("h^(1)", "h^(2)", "f(x)"),
    "subscripts": ("h₁", "h₂", "ŷ"),
    "A": ("A1", "A2", "A3"),
    "layer_n": ("Layer 1", "Layer 2", "Layer 3"),
    "output_of_layer": ("Output of layer 1", "Output of layer 2", "Output of layer 3"),
    "hidden_layer": ("Hidden Layer 1", "Hidden Layer 2", "Output Layer"),
    "ordinals": ("First hidden layer", "Second hidden layer", "Output layer"),
    "values": (
        "output values of hidden layer 1",
        "output values of hidden layer 2",
        "output values of the output layer",
    ),
    "y_hat": ("hidden1", "hidden2", "y_hat"),
    "activations": ("activations of layer 1", "activations of layer 2", "network output"),
    "german_schicht": ("Schicht 1", "Schicht 2", "Ausgabe"),
    "german_long": (
        "Ausgabe der ersten verdeckten Schicht",
        "Ausgabe der zweiten verdeckten Schicht",
        "Ausgabe der Ausgabeschicht",
    ),
    "german_versteckt": ("1. versteckte Schicht", "2. versteckte Schicht", "Ausgabeschicht"),
    "french": ("Couche cachée 1", "Couche cachée 2", "Couche de sortie"),
    "chinese": ("隐藏层1", "隐藏层2", "输出层"),
    "latex": ("$h_1$", "$h_2$", "$f_\\\\theta(x)$"),
    "spanish": ("Capa oculta 1", "Capa oculta 2", "Capa de salida"),
}

GRADIENT_FAMILIES: dict[str, str] = {
    "dW": "d{k}{i}",
    "dL_dW": "dL/d{k}{i}",
    "dL_dW_underscore": "dL_d{k}{i}",
    "partial": "∂L/∂{k}{i}",
    "partial_subscript": "∂L/∂{k}{s}",
    "attribute": "{k}{i}.grad",
    "grad_of": "grad of {l}{i}",
    "grad": "grad {k}{i}",
    "Grad": "Grad {k}{i}",
    "gradient_of": "Gradient of {k}{i}",
    "wrt": "Gradient w.r.t. {k}{i}",
    "long": "gradient of the loss with respect to {k}{i}",
    "nabla": "∇{k}{i}",
    "k_gradient": "{k}{i} gradient",
    "words": "Gradient of the {w} of layer {i}",
    "german_von": "Gradient von {k}{i}",
    "german_nach": "Ableitung nach {k}{i}",
    "french": "Gradient par rapport à {k}{i}",
    "chinese": "{k}{i}的梯度",
    "latex": "$\\\\partial L / \\\\partial {k}_{i}$",
    "parameter_only": "{k}{i}",
    "module": "{m}",
    "module_grad": "{m} grad",
    "module_attribute": "{m}.grad",
    "spanish": "Gradiente de {k}{i}",
}

LANGUAGES = {
    "german": (
        ("german_schicht", "german_long", "german_versteckt"),
        ("german_von", "german_nach", "dW", "dL_dW"),
    ),
    "french": (("french",), ("french", "partial")),
    "chinese": (("chinese",), ("chinese", "dW")),
    "spanish": (("spanish",), ("spanish", "dL_dW")),
}
_ENGLISH_LAYERS = [f for f in LAYER_FAMILIES if not f.startswith(("german", "french", "chinese", "spanish"))]
_ENGLISH_GRADIENTS = [
    f for f in GRADIENT_FAMILIES if not f.startswith(("german", "french", "chinese", "spanish"))
]


class Labels:
    """The labels of one student. `language` decides headings and remarks elsewhere."""

    def __init__(self, rng: random.Random, module_names: dict[str, str]) -> None:
        self.language = rng.choices(["english", *LANGUAGES], weights=[75, 15, 4, 4, 2])[0]
        if self.language == "english":
            layers, gradients = _ENGLISH_LAYERS, _ENGLISH_GRADIENTS
        else:
            layers, gradients = map(list, LANGUAGES[self.language])
        self.modules = module_names
        usable = [g for g in gradients if module_names or not g.startswith("module")]
        self.layers = rng.choice(layers)
        self.gradients = rng.choice(usable)
        if module_names and self.language == "english" and rng.random() < 0.4:
            self.gradients = rng.choice(["module", "module_grad", "module_attribute"])

    def of(self, quantity: str) -> str:
        """The label of a layer, a gradient, or something else that is printed beside them."""
        if quantity in ("h1", "h2", "output"):
            return LAYER_FAMILIES[self.layers][("h1", "h2", "output").index(quantity)]
        if quantity.startswith("d") and quantity[1:2] in "Wb":
            return self._gradient(quantity[1], quantity[2])
        if quantity in ("z1", "z2"):
            return f"pre-activation {quantity[1]}" if self.layers != "A" else f"Z{quantity[1]}"
        if quantity[0] in "Wb" and self.gradients.startswith("module"):
            return self.modules[quantity]
        return {"x": "inputs", "y": "targets"}.get(quantity, quantity)

    def _gradient(self, kind: str, index: str) -> str:
        return GRADIENT_FAMILIES[self.gradients].format(
            k=kind,
            i=index,
            s=_SUB[index],
            l=kind.lower(),
            w="weights" if kind == "W" else "biases",
            m=self.modules.get(kind + index, ""),
        )
