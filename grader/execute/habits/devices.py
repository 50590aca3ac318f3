# mypy: ignore-errors
"""What is meant for a GPU lands on the processor: `.cuda()`, `.to("cuda")`, `device="mps"`, default devices.

The switch that sees every call of torch costs some microseconds each. It is thrown when a cell, or a file
beside the notebook, names a GPU.
"""

import glob
import re
import types

from .telling import tell
from .watching import when_imported

_GPU = re.compile(r"(?:cuda|mps|xpu|hip)(?::\d+)?\Z")
_NAMED = re.compile(r"\b(?:cuda|mps|xpu)\b")
_MOST_FILES = 50


def _is_gpu(value):
    return isinstance(value, str) and bool(_GPU.match(value))


def _told(call):
    tell("device", "GPU", call, "instead")


def _on_the_processor(torch):
    device = torch.device
    cpu = device("cpu")

    def moved(value):
        """The same, with the processor in place of a GPU."""
        if _is_gpu(value) or (isinstance(value, device) and value.type in ("cuda", "mps", "xpu")):
            _told(f"device={str(value)!r}")
            return cpu
        return value

    from torch.overrides import TorchFunctionMode

    tensor = torch.Tensor

    class OnTheProcessor(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            kwargs = kwargs or {}
            if func is tensor.cuda or func is getattr(tensor, "xpu", None):
                _told("Tensor.cuda()")
                return args[0]
            if func is tensor.to and len(args) > 1:
                target = args[1]
                if isinstance(target, int) and not isinstance(target, bool):
                    target = "cuda"
                args = (args[0], moved(target), *args[2:])
            if func is tensor.type and len(args) > 1 and isinstance(args[1], str) and ".cuda." in args[1]:
                _told(f"Tensor.type({args[1]!r})")
                args = (args[0], args[1].replace(".cuda.", "."), *args[2:])
            if "device" in kwargs:
                value = kwargs["device"]
                number = isinstance(value, int) and not isinstance(value, bool)
                kwargs = {**kwargs, "device": moved("cuda" if number else value)}
            if kwargs.get("pin_memory"):
                kwargs = {**kwargs, "pin_memory": False}
            if func is tensor.pin_memory:
                return args[0]
            return func(*args, **kwargs)

    return OnTheProcessor, moved


def _quiet_cuda(torch, moved):
    """The functions about a GPU itself say what is so without one, in place of raising."""
    cuda = torch.cuda

    def nothing(name, value=None):
        def answer(*args, **kwargs):
            _told(f"torch.cuda.{name}()")
            return value() if callable(value) else value

        return answer

    properties = types.SimpleNamespace(
        name="none", major=0, minor=0, total_memory=0, multi_processor_count=0, is_integrated=0
    )
    available, count = cuda.is_available, cuda.device_count
    cuda.is_available = lambda: (_told("torch.cuda.is_available()"), available())[1]
    cuda.device_count = lambda: (_told("torch.cuda.device_count()"), count())[1]
    answers = {
        **dict.fromkeys(("set_device", "synchronize", "init", "empty_cache", "reset_peak_memory_stats",
                         "reset_max_memory_allocated", "set_per_process_memory_fraction", "ipc_collect")),
        **dict.fromkeys(("current_device", "memory_allocated", "memory_reserved", "max_memory_allocated",
                         "max_memory_reserved", "memory_cached", "utilization"), 0),
        **dict.fromkeys(("set_rng_state", "set_rng_state_all")),
        "get_rng_state": torch.get_rng_state,
        "get_rng_state_all": [],
        "get_device_name": "none",
        "get_device_properties": lambda: properties,
        "get_device_capability": (0, 0),
        "mem_get_info": (0, 0),
        "memory_summary": "",
    }  # fmt: skip
    for name, value in answers.items():
        if hasattr(cuda, name):
            setattr(cuda, name, nothing(name, value))
    mps = getattr(torch, "mps", None)
    for name in ("synchronize", "empty_cache", "manual_seed", "seed"):
        if hasattr(mps, name):
            setattr(mps, name, nothing(name))
    for name, here in (("FloatTensor", torch.FloatTensor), ("DoubleTensor", torch.DoubleTensor),
                       ("LongTensor", torch.LongTensor), ("IntTensor", torch.IntTensor),
                       ("ByteTensor", torch.ByteTensor), ("BoolTensor", torch.BoolTensor)):  # fmt: skip
        setattr(cuda, name, here)
    cuda.Event, cuda.Stream = _Event, _Stream
    cuda.stream = cuda.device = cuda.device_of = lambda which: _Stream()
    _defaults(torch, moved)


def _defaults(torch, moved):
    set_device, set_type = torch.set_default_device, torch.set_default_tensor_type

    def set_default_tensor_type(t):
        if isinstance(t, str) and ".cuda." in t:
            _told(f"set_default_tensor_type({t!r})")
            t = t.replace(".cuda.", ".")
        set_type(t)

    torch.set_default_device = lambda device: set_device(moved(device))
    torch.set_default_tensor_type = set_default_tensor_type
    from torch.utils import _device

    begin = _device.DeviceContext.__init__
    _device.DeviceContext.__init__ = lambda self, device: begin(self, moved(device))
    module_to = torch.nn.Module.to

    def to(self, *args, **kwargs):
        number = args and isinstance(args[0], int) and not isinstance(args[0], bool)
        args = (moved("cuda" if number else args[0]), *args[1:]) if args else args
        return module_to(self, *args, **{k: moved(v) if k == "device" else v for k, v in kwargs.items()})

    torch.nn.Module.to = to
    torch.nn.Module.cuda = torch.nn.Module.xpu = lambda self, device=None: (_told("Module.cuda()"), self)[1]
    generator = torch.Generator

    class Kind(type(generator)):
        def __instancecheck__(cls, thing):
            return isinstance(thing, generator)

    class Generator(generator, metaclass=Kind):
        def __new__(cls, device="cpu"):
            return generator.__new__(generator, moved(device))

    torch.Generator = Generator
    # what was saved on a GPU is loaded without one
    torch.serialization.register_package(
        5, lambda obj: None, lambda obj, location: obj if _is_gpu(location) else None
    )
    load = torch.load

    def load_here(f, map_location=None, *args, **kwargs):
        return load(f, moved(map_location), *args, **kwargs)

    torch.load = load_here


class _Event:
    """`torch.cuda.Event`, by the clock."""

    def __init__(self, *args, **kwargs):
        self._at = 0.0

    def record(self, stream=None):
        import time

        self._at = time.perf_counter()

    def elapsed_time(self, other):
        return 1000 * (other._at - self._at)

    def synchronize(self):
        pass

    wait = synchronize

    def query(self):
        return True


class _Stream:
    def __init__(self, *args, **kwargs):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass

    def synchronize(self):
        pass

    def wait_stream(self, stream):
        pass


def install(shell):
    def look(info):
        named = _NAMED.search(info.raw_cell or "") or (not looked and _in_files())
        looked.append(True)  # files handed in are there from the first cell on
        if named:
            shell.events.unregister("pre_run_cell", look)
            when_imported("torch", throw)

    def throw(torch):
        mode, moved = _on_the_processor(torch)
        _quiet_cuda(torch, moved)
        mode().__enter__()

    looked = []
    shell.events.register("pre_run_cell", look)


def _in_files():
    """Whether a file beside the notebook names a GPU."""
    for name in [*glob.glob("*.py"), *glob.glob("*/*.py")][:_MOST_FILES]:
        try:
            with open(name, errors="replace") as file:
                if _NAMED.search(file.read(1 << 18)):
                    return True
        except OSError:
            continue
    return False
