"""Runs code behind Homework 4's prelude, each case in a fresh fork, with torch imported once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rubric import schema
from rubric.hw4 import canonical
from rubric.schema import World

PRELUDE = Path(canonical.__file__).with_name("prelude.py")
AUTOGRAD = Path(schema.__file__).with_name("autograd.py")

HANDOUT_SNIPPET = """
import numpy as np
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
parameters, x, y = initialize(3, 4, 2, 5)
"""

_SERVER = """
import json, sys, os, io, contextlib, traceback, numpy, torch, torch._dynamo
prelude, autograd = (compile(open(f, encoding='utf-8').read(), f, 'exec') for f in sys.argv[1:])
for line in sys.stdin:
    world, code, result, before = json.loads(line)
    if os.fork():
        os.wait()
        continue
    out, answer = io.StringIO(), None
    try:
        exec(before)
        namespace = {'__name__': '__main__', 'WORLD': world}
        exec(prelude, namespace)
        if world.get('autograd_factor', 1) != 1:
            namespace['AUTOGRAD_FACTOR'] = world['autograd_factor']
            exec(autograd, namespace)
        with contextlib.redirect_stdout(out):
            exec(code, namespace)
        answer = [eval(result, namespace), out.getvalue(), None]
    except BaseException:
        answer = [None, out.getvalue(), traceback.format_exc()]
    print(json.dumps(answer), flush=True)
    os._exit(0)
"""

Run = Callable[..., tuple[Any, str]]


@contextmanager
def prelude_server() -> Iterator[Run]:
    """Gives run(world, code, result, before): the value of result, and what code printed."""
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(PRELUDE), str(AUTOGRAD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert server.stdin is not None
    assert server.stdout is not None
    requests, answers = server.stdin, server.stdout

    def run(world: World, code: str, result: str = "None", before: str = "") -> tuple[Any, str]:
        requests.write(json.dumps([world.model_dump(), code, result, before]) + "\n")
        requests.flush()
        value, printed, error = json.loads(answers.readline())
        assert error is None, error
        return value, printed

    yield run
    requests.close()
    server.wait()
    answers.close()
