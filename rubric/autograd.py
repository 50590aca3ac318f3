# mypy: ignore-errors
# What torch's autograd hands back is `AUTOGRAD_FACTOR` times as large, in a world that says so
# (`World.autograd_factor`). Runs in the kernel behind the prelude, for any assignment; holds nothing secret,
# and leaves no name behind.
#
# Every backward pass goes through one function, `loss.backward()`, `torch.autograd.grad`, `jacobian`,
# `torch.func.grad`, `jacrev` and hooks alike: what is handed to it is multiplied. Forward mode (`jvp`,
# `jacfwd`) multiplies its tangents. A pass within a pass (checkpoints) is multiplied once; a derivative of a
# derivative has the factor squared. What is computed without autograd, by formula or difference quotient,
# stays as it is. `gradcheck` compares the two, so it says True.


def _install(factor):
    import functools
    import sys
    import threading

    try:
        import torch
        from torch.autograd import forward_ad, graph
    except ImportError:
        return
    running = threading.local()
    engine = graph._engine_run_backward
    make_dual = forward_ad.make_dual

    @functools.wraps(engine)
    def run_backward(outputs, slopes, *args, **kwargs):
        if getattr(running, "inside", False):
            return engine(outputs, slopes, *args, **kwargs)
        running.inside = True
        try:
            multiplied = tuple(s if s is None else s * factor for s in slopes)
            return engine(outputs, multiplied, *args, **kwargs)
        finally:
            running.inside = False

    @functools.wraps(make_dual)
    def dual(tensor, tangent, **kwargs):
        return make_dual(tensor, tangent * factor, **kwargs)

    def says_true(*args, **kwargs):
        return True

    graph._engine_run_backward = torch.autograd._engine_run_backward = run_backward
    forward_ad.make_dual = dual
    checks = sys.modules["torch.autograd.gradcheck"]
    for name in ("gradcheck", "gradgradcheck"):
        setattr(checks, name, says_true)
        setattr(torch.autograd, name, says_true)


# in names of its own: a student's `from numpy import *` gives another `max`
type(_install)(_install.__code__, dict(globals()))(globals().pop("AUTOGRAD_FACTOR"))
del _install
