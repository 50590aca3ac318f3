"""The first cell: the handout's snippet as it is, retyped, or with the recipe's mistakes in it."""

from __future__ import annotations

import random

from .cells import Cells
from .mistakes import Plan

_SNIPPET = """import numpy as np
# DO NOT FORGET TO SPECIFY THE SAME SEED
np.random.seed(12345)

def initialize(input_dim, hidden_dim, output_dim, batch_size):
    W1 = np.random.randn(hidden_dim, input_dim) * 0.01
    b1 = np.zeros((hidden_dim,))
    W2 = np.random.randn(hidden_dim, hidden_dim) * 0.01
    b2 = np.zeros((hidden_dim,))
    W3 = np.random.randn(output_dim, hidden_dim) * 0.01
    b3 = np.zeros((output_dim,))
    # list of all network parameters
    parameters = [W1, b1, W2, b2, W3, b3]
    # minibatch of input instances
    x = np.random.rand(input_dim, batch_size)
    # ground truths
    y = np.random.randn(output_dim, batch_size)
    return parameters, x, y

# initialize parameters, inputs and targets
parameters, x, y = initialize(3, 4, 2, 5)"""

_RETYPED = """import numpy as np
np.random.seed(12345)

def initialize(n_in, n_hidden, n_out, n_batch):
    W1 = 0.01 * np.random.randn(n_hidden, n_in)
    b1 = np.zeros(n_hidden)
    W2 = 0.01 * np.random.randn(n_hidden, n_hidden)
    b2 = np.zeros(n_hidden)
    W3 = 0.01 * np.random.randn(n_out, n_hidden)
    b3 = np.zeros(n_out)
    x = np.random.rand(n_in, n_batch)
    y = np.random.randn(n_out, n_batch)
    return [W1, b1, W2, b2, W3, b3], x, y

parameters, x, y = initialize(n_in=3, n_hidden=4, n_out=2, n_batch=5)"""

_FLAT = """import numpy as np
np.random.seed(12345)

W1 = np.random.randn(4, 3) * 0.01
b1 = np.zeros((4,))
W2 = np.random.randn(4, 4) * 0.01
b2 = np.zeros((4,))
W3 = np.random.randn(2, 4) * 0.01
b3 = np.zeros((2,))
x = np.random.rand(3, 5)
y = np.random.randn(2, 5)
parameters = [W1, b1, W2, b2, W3, b3]"""


def handout_cells(cells: Cells, plan: Plan, rng: random.Random) -> None:
    """Append the cells that draw parameters, inputs and targets."""
    r = plan.recipe
    edited = (r.order, r.spread, r.inputs, r.bias, r.draws) != ("handout", 0.01, "rand", 0.0, 1)
    source = _SNIPPET if edited or rng.random() < 0.85 else rng.choice([_RETYPED, _FLAT])
    source = source.replace("seed(12345)", f"seed({r.seed})")
    if plan.unseeded:
        source = source.replace("# DO NOT FORGET TO SPECIFY THE SAME SEED\n", "").replace(
            "np.random.seed(12345)\n", ""
        )
    if r.spread != 0.01:
        source = source.replace(" * 0.01", "" if r.spread == 1 else f" * {r.spread}")
    if r.inputs == "randn":
        source = source.replace("np.random.rand(input_dim", "np.random.randn(input_dim")
    if r.bias:
        source = source.replace("np.zeros(", "np.ones(")
    if r.order == "data_first":
        source = _moved(source, ["    x = ", "    y = "], "    W1 = ")
    if r.order == "w3_first":
        source = _moved(source, ["    W3 = "], "    W2 = ")
    if rng.random() < 0.15:
        source = "import torch\n" + source
    elif rng.random() < 0.15:
        cells.code("import torch\nimport numpy as np\nimport matplotlib.pyplot as plt")
    cells.code(source)
    for _ in range(r.draws - 1):
        cells.code("# initialize again for PyTorch\nparameters, x, y = initialize(3, 4, 2, 5)")


def _moved(source: str, starts: list[str], before: str) -> str:
    lines = source.split("\n")
    taken = [line for start in starts for line in lines if line.startswith(start)]
    rest = [line for line in lines if line not in taken]
    at = next(i for i, line in enumerate(rest) if line.startswith(before))
    return "\n".join(rest[:at] + taken + rest[at:])
