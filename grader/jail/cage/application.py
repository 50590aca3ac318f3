# mypy: disable-error-code="no-untyped-call"
"""ipykernel, started on sockets that somebody else has bound.

libzmq takes a ready-made listening socket with ZMQ_USE_FD, so the kernel needs no path to its own
sockets, and no socket(), bind() or connect() at all. No connection file, no history, no debugger,
no TCP socket for the output of subprocesses.
"""

from __future__ import annotations

import asyncio
import codecs
import fcntl
import logging
import os
import select
import site
import struct
import sys
import termios
import threading
import uuid
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import zmq
from ipykernel import ipkernel
from ipykernel.compiler import XCachingCompiler, get_tmp_directory
from ipykernel.control import ControlThread
from ipykernel.heartbeat import Heartbeat
from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.profiledir import ProfileDir
from traitlets.config import Config

from . import exercise
from .plan import Order

_PATH = "/sockets/k"
_HELD = 1 << 18
"""characters that may wait to be sent"""


class _NoThread:
    """In place of the thread that shares requests among subshells: there are no subshells.

    ipykernel asks for its truth before it uses it, but looks up the thread to interrupt in any case.
    """

    parent_thread = threading.main_thread()

    def __bool__(self) -> bool:
        return False


class CagedIPythonKernel(IPythonKernel):
    """IPythonKernel that takes requests from the shell channel itself, one after the other."""

    _supports_kernel_subshells = False

    brief = False
    """The client asks what a cell shows and whether it is done: each further message costs both ends work."""

    def _publish_execute_input(self, code: str, parent: Any, execution_count: int) -> None:
        if not self.brief:
            super()._publish_execute_input(code, parent, execution_count)

    def _publish_status(self, status: str, channel: str, parent: Any = None) -> None:
        if not self.brief or status != "busy":
            super()._publish_status(status, channel, parent)

    _execute_sleep = 0.0  # half a millisecond a cell, for clients that don't wait for the end of the outputs

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        """After an error, answer what a client has sent ahead without running it; what comes later runs.

        Without subshells ipykernel ends this before the first of the requests that wait has its turn.
        """
        assert self.shell_stream is not None
        self._aborting = True
        self.shell_stream.flush()
        self._turning = asyncio.ensure_future(self._stop_aborting())

    async def _stop_aborting(self) -> None:
        async with self._main_asyncio_lock:  # whoever waits for it is served in order
            self._aborting = False


class CagedCompiler(XCachingCompiler):
    """XCachingCompiler that names code without counting through it in Python, a microsecond a byte."""

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:
        """The file that tracebacks of a cell name."""
        return f"{get_tmp_directory()}/{zlib.crc32(raw_code.encode('utf-8', 'surrogatepass'))}.py"


class CagedShell(ZMQInteractiveShell):
    """ZMQInteractiveShell that reads a cell once, where ipykernel and IPython each do it anew."""

    _read: tuple[str, str] | None = None

    def transform_cell(self, raw_cell: str) -> str:
        """The cell as Python. Who asks for the second time has what came of the first; nobody later."""
        known, self._read = self._read, None
        if known is not None and known[0] == raw_cell:
            return known[1]
        made: str = super().transform_cell(raw_cell)
        self._read = raw_cell, made
        return made

    def should_run_async(self, raw_cell: str, *, transformed_cell: str | None = None, **more: Any) -> bool:
        """Only what has one of these words can need it; IPython compiles the cell to find out."""
        if transformed_cell is not None and not ("await" in transformed_cell or "async" in transformed_cell):
            return False
        return super().should_run_async(raw_cell, transformed_cell=transformed_cell, **more)


for _part in ("__module__", "__qualname__", "__name__"):  # notebooks ask in what they run by this name
    setattr(CagedShell, _part, getattr(ZMQInteractiveShell, _part))


class CagedStream(OutStream):
    """OutStream that loses nothing, and wakes the thread that sends only when there is something to send.

    Libraries write to the descriptor without asking Python. A thread reads that; in ipykernel it may come
    to it when the cell is over, and then the text is filed under the next cell or dropped. In ipykernel a
    flood also gathers for 0.2 s before any of it is sent, which may be all the memory there is; here whoever
    writes waits for the sending, however long that takes.
    """

    flush_timeout = None  # type: ignore[assignment]
    _written = 0
    _sending = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._reading = threading.RLock()
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        super().__init__(*args, **kwargs)

    def write(self, string: str) -> int | None:  # type: ignore[override]
        """As in ipykernel; what has no UTF-8 is replaced, and if a lot is waiting it is sent first.

        ipykernel drops all that is waiting when one character of it, half a surrogate pair, can't be sent.
        """
        if isinstance(string, str) and not string.isascii():
            string = string.encode("utf-8", "replace").decode("utf-8")
        number = super().write(string)
        self._written += len(string)
        if self._written > _HELD:
            self._written = 0
            super().flush()
        return number

    def flush(self) -> None:
        """Send what was written, if anything was; what a timer is about to send is waited for."""
        self._read_descriptor()
        if self._flush_pending or self._buffers or self._sending:  # in the order in which `_flush` sets them
            super().flush()

    def _flush(self) -> None:
        self._sending = True
        try:
            super()._flush()
        finally:
            self._sending = False

    def _watch_pipe_fd(self) -> None:
        if self._fid is None:
            return
        _open_line(self.pub_thread)
        poll = select.poll()
        poll.register(self._fid, select.POLLIN)
        while self._should_watch and self._fid is not None:
            if not any(event & select.POLLIN for _, event in poll.poll()):
                return  # nobody can write there any more
            self._read_descriptor()

    def _read_descriptor(self) -> None:
        """Take what is there now; nothing new, or whoever writes on could keep us for ever."""
        with self._reading:
            try:
                if self._fid is None:
                    return
                (waiting,) = struct.unpack("i", fcntl.ioctl(self._fid, termios.FIONREAD, bytes(4)))
                if waiting:
                    self.write(self._decode(os.read(self._fid, waiting)))
            except MemoryError:
                return  # the cell has it all; this thread goes on when some is free again
            except (OSError, TypeError, ValueError):
                self._fid = None  # the student closed or replaced it


class CagedPublisher(IOPubThread):
    """IOPubThread that greets every subscriber.

    A subscription that arrives while the thread sends is taken in by the sending, and libzmq does not wake
    the thread for it again; in ipykernel the greeting then waits for the next subscriber, for ever.
    """

    def _handle_event(self, msg: Any) -> None:
        super()._handle_event(msg)
        self._xpub_stream._rebuild_io_state()


def _open_line(thread: IOPubThread) -> None:
    """Connect this thread to the one that sends; at its first print there may be no descriptor left."""
    assert thread._event_pipe is not None


class CagedApp(IPKernelApp):
    """IPKernelApp over inherited sockets. `sockets`: channel name → descriptor."""

    name = "ipython-kernel"
    kernel_class = CagedIPythonKernel
    outstream_class = f"{__name__}.CagedStream"
    sockets: ClassVar[dict[str, int]] = {}

    def init_connection_file(self) -> None:
        """Everything is known already."""

    def write_connection_file(self, **kwargs: Any) -> None:
        """Nobody reads one."""

    def cleanup_connection_file(self) -> None:
        """There is none."""

    def log_connection_info(self) -> None:
        """Nobody reads a log; the ports are for `connect_request`."""
        self._ports = {name: port for port, name in _CHANNEL_OF_PORT.items()}

    def init_crash_handler(self) -> None:
        """An exception outside of a cell ends the process; the supervisor says so."""

    def init_poller(self) -> None:
        """The supervisor watches instead of a thread in here."""

    def parse_command_line(self, argv: Any = None) -> None:
        """There is none; building a parser for it takes a third of the whole start."""
        self.config.HistoryManager.enabled = False
        self.parent_handle = 0

    def load_config_file(self, *args: Any, **kwargs: Any) -> None:
        """Nobody configures this kernel."""

    def init_pdb(self) -> None:
        """Done by `prepare`."""

    def init_profile_dir(self) -> None:
        """Made by `prepare`; it gets its place in the working directory now."""
        assert self.profile_dir is not None
        self.profile_dir.location = os.path.join(self.ipython_dir, "profile_default")

    def init_config_files(self) -> None:
        """There are none."""

    def init_extensions(self) -> None:
        """Loaded by `prepare`."""

    def init_code(self) -> None:
        """Nothing runs before the first cell. What is there by then is not the student's: `%who` hides it."""
        assert self.shell is not None
        self.shell.user_ns_hidden.update(self.shell.user_ns)

    def init_blackhole(self) -> None:
        """Standard output leads nowhere already."""

    def _try_bind_socket(self, s: Any, port: int) -> int:
        s.setsockopt(zmq.USE_FD, self.sockets[_CHANNEL_OF_PORT[port]])
        s.bind(f"ipc://{_PATH}-{port}")
        return port

    def init_control(self, context: Any) -> None:
        """As in ipykernel, but the debugger's sockets stay unconnected."""
        self.control_socket = context.socket(zmq.ROUTER)
        self.control_port = self._bind_socket(self.control_socket, self.control_port)
        self.debugpy_socket = context.socket(zmq.STREAM)
        self.debug_shell_socket = context.socket(zmq.DEALER)
        self.control_socket.router_handover = 1
        self.control_thread = ControlThread(daemon=True)
        self.shell_channel_thread = _NoThread()

    def init_iopub(self, context: Any) -> None:
        """As in ipykernel, but without a TCP socket for the output of subprocesses."""
        self.iopub_socket = context.socket(zmq.XPUB)
        self.iopub_socket.linger = 1000
        self.iopub_socket.setsockopt(zmq.XPUB_NODROP, 1)  # unread output waits instead of being lost
        self.iopub_port = self._bind_socket(self.iopub_socket, self.iopub_port)
        self.configure_tornado_logger()
        self.iopub_thread = CagedPublisher(self.iopub_socket, pipe=False, session=self.session)
        self.iopub_thread.start()
        _open_line(self.iopub_thread)
        self.iopub_thread.schedule(lambda: _open_line(self.iopub_thread))
        self.iopub_socket = self.iopub_thread.background_socket

    def init_kernel(self) -> None:
        """As in ipykernel, which lists every module's file for a debugger that is not here.

        Touching some thousand modules would copy their pages into every kernel.
        """
        names = vars(ipkernel)
        names["sys"] = SimpleNamespace(**{**vars(sys), "modules": {}})
        try:
            super().init_kernel()
        finally:
            names["sys"] = sys
        if self.kernel.shell.kernel is not self.kernel:
            _adopt(self.kernel.shell, self.kernel)

    def init_heartbeat(self) -> None:
        """As in ipykernel; left out when the client wants none."""
        if "hb" not in self.sockets:
            return
        context = zmq.Context()
        context.setsockopt(zmq.USE_FD, self.sockets["hb"])
        self.heartbeat = Heartbeat(context, ("ipc", _PATH, self.hb_port))
        self.heartbeat.start()


_setup: dict[str, Any] = {"__name__": "_setup", "__file__": "<setup>"}


def prepare(setup: str = "") -> None:
    """In the server: make the shell that every kernel will have, without student, sockets or directories.

    Half of ipykernel's start is building it. `ZMQInteractiveShell.instance` gives a kernel the one that
    exists; `_adopt` connects the two.
    """
    for define in (site.setquit, site.setcopyright, site.sethelper):  # `help`: the server starts without site
        define()
    app: CagedApp = CagedApp.instance(profile_dir=ProfileDir())
    app.log.setLevel(app.log_level)  # its handler drops what is below, but only once a record is made
    config = Config({"HistoryManager": {"enabled": False, "hist_file": ":memory:"}})
    shell = CagedShell.instance(config=config, profile_dir=ProfileDir(), compiler_class=CagedCompiler)
    assert shell.extension_manager is not None
    for extension in app.default_extensions:
        shell.extension_manager.load_extension(extension)
    IPKernelApp.init_pdb(app)
    assert app.session is not None  # made here once; `start` gives it its own name and process
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # touches every logger
    exec(compile(setup, "<setup>", "exec"), _setup)
    exercise.run(shell)
    note_modules()


def note_modules() -> None:
    """Modules that are there now stay when a student has the namespace emptied."""
    ZMQInteractiveShell.instance()._sys_modules_keys = set(sys.modules)


def _adopt(shell: ZMQInteractiveShell, kernel: IPythonKernel) -> None:
    """What the constructor of a shell does for its kernel, done for one that was made before."""
    shell.parent = shell.kernel = kernel
    shell.profile_dir = kernel.profile_dir
    shell.ipython_dir = CagedApp.instance().ipython_dir
    shell.home_dir = os.environ["HOME"]
    shell.save_sys_module_state()
    shell.init_environment()
    shell.starting_dir = os.getcwd()
    shell.user_ns["_dh"][:] = [Path.cwd()]


_CHANNEL_OF_PORT = {1: "shell", 2: "iopub", 3: "stdin", 4: "control", 5: "hb"}


def start(order: Order, sockets: dict[str, int]) -> CagedApp:
    """Initialise a kernel on these sockets; its `start()` serves."""
    app: CagedApp = CagedApp.instance()
    CagedApp.sockets.update(sockets)
    CagedIPythonKernel.brief = not order.heartbeat
    app.session.session = uuid.uuid4().hex
    app.session.pid = os.getpid()  # from any other one it would not send
    app.load_connection_info(
        {
            "transport": "ipc",
            "ip": _PATH,
            "key": order.key,
            "signature_scheme": "hmac-sha256",
            "shell_port": 1,
            "iopub_port": 2,
            "stdin_port": 3,
            "control_port": 4,
            "hb_port": 5,
        }
    )
    app.initialize([])
    if "" not in sys.path:
        sys.path.insert(0, "")
    _connect_pictures(app)
    if "install" in _setup:
        _setup.pop("install")(app.shell)
    return app


def _connect_pictures(app: CagedApp) -> None:
    """matplotlib's inline backend hooks itself into the shell when it is imported; it was before."""
    backend = sys.modules.get("matplotlib_inline.backend_inline")
    if backend is not None and hasattr(backend, "_enable_matplotlib_integration"):
        backend._enable_matplotlib_integration()
