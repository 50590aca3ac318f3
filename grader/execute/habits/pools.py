# mypy: ignore-errors
"""Where no process can be started, pools and processes do their work in threads, or one after the other."""

import queue
import sys
import threading
from concurrent import futures

from .telling import tell
from .watching import when_imported

_LOCKS = {
    "Lock": threading.Lock,
    "RLock": threading.RLock,
    "Condition": threading.Condition,
    "Semaphore": threading.Semaphore,
    "BoundedSemaphore": threading.BoundedSemaphore,
    "Event": threading.Event,
    "Barrier": threading.Barrier,
}


def _tell(call):
    tell("process", "", call, "instead")


class Process:
    """`multiprocessing.Process` as a thread."""

    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None):
        self.name = name or "Process"
        self.daemon = daemon
        self.exitcode = None
        self._job = (target, args, kwargs or {})
        self._thread = threading.Thread(target=self._work, daemon=True)

    def run(self):
        target, args, kwargs = self._job
        if target is not None:
            target(*args, **kwargs)

    def start(self):
        _tell("multiprocessing.Process")
        self._thread.start()

    def join(self, timeout=None):
        self._thread.join(timeout)

    def is_alive(self):
        return self._thread.is_alive()

    @property
    def pid(self):
        return self._thread.native_id

    ident = pid

    def terminate(self):
        pass

    kill = close = terminate

    def _work(self):
        try:
            self.run()
            self.exitcode = 0
        except SystemExit as end:
            self.exitcode = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        except BaseException:
            self.exitcode = 1
            sys.excepthook(*sys.exc_info())


class Manager:
    """`multiprocessing.Manager` of one process."""

    Queue = JoinableQueue = queue.Queue

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass

    def shutdown(self):
        pass

    def list(self, items=()):
        return [*items]

    def dict(self, *args, **kwargs):
        return dict(*args, **kwargs)

    def Namespace(self, **kwargs):  # noqa: N802
        import types

        return types.SimpleNamespace(**kwargs)

    def Value(self, typecode, value):  # noqa: N802
        return self.Namespace(value=value)

    def Array(self, typecode, values):  # noqa: N802
        return [*values]


for _name, _lock in _LOCKS.items():
    setattr(Manager, _name, staticmethod(_lock))


class ProcessPoolExecutor(futures.ThreadPoolExecutor):
    """`concurrent.futures.ProcessPoolExecutor` of threads."""

    def __init__(self, max_workers=None, mp_context=None, initializer=None, initargs=(), **kwargs):
        _tell("ProcessPoolExecutor")
        super().__init__(max_workers, initializer=initializer, initargs=initargs)

    def map(self, fn, *iterables, timeout=None, chunksize=1, **kwargs):
        return super().map(fn, *iterables, timeout=timeout)


def _pool(processes=None, initializer=None, initargs=(), maxtasksperchild=None, context=None):
    from multiprocessing.pool import ThreadPool

    _tell("multiprocessing.Pool")
    return ThreadPool(processes, initializer, initargs)


def _named(name, made):
    """Whatever way it is called: as a function of a module or as a method of a context."""

    def make(self=None, *args, **kwargs):
        kwargs.pop("ctx", None)
        return made(*args, **kwargs)

    return make


def _in_threads():
    import multiprocessing
    from multiprocessing import context

    made = {
        "Pool": _pool,
        "Manager": Manager,
        "Queue": queue.Queue,
        "JoinableQueue": queue.Queue,
        **_LOCKS,
    }
    everywhere = [
        context.BaseContext,
        *(type(c) for c in getattr(context, "_concrete_contexts", {}).values()),
    ]
    for name, function in made.items():
        for kind in everywhere:
            setattr(kind, name, _named(name, function))
        setattr(multiprocessing, name, function)
    for kind in (*everywhere, type(context._default_context)):
        kind.Process = Process
    multiprocessing.Process = Process
    multiprocessing.SimpleQueue = queue.SimpleQueue  # a context's own is what a pool of threads asks for
    queue.Queue.close = queue.Queue.join_thread = queue.Queue.cancel_join_thread = lambda self: None
    futures.ProcessPoolExecutor = ProcessPoolExecutor
    when_imported(
        "concurrent.futures.process", lambda m: setattr(m, "ProcessPoolExecutor", ProcessPoolExecutor)
    )


def _torch_in_threads(module):
    import multiprocessing

    for name in ("Pool", "Process", "Manager", "Queue", "SimpleQueue", "JoinableQueue", *_LOCKS):
        setattr(module, name, getattr(multiprocessing, name))

    def spawn(fn, args=(), nprocs=1, join=True, daemon=False, start_method="spawn"):
        _tell("torch.multiprocessing.spawn")
        for rank in range(nprocs):
            fn(rank, *args)

    module.spawn = spawn


def _shared_already(torch):
    """Between threads everything is."""
    torch.Tensor.share_memory_ = lambda self: self


def install(shell):
    _in_threads()
    when_imported("torch.multiprocessing", _torch_in_threads)
    when_imported("torch", _shared_already)
