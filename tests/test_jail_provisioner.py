"""Any Jupyter client can use the caged kernels: they are reached through the entry point's class."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from grader.jail.provisioner import CagedProvisioner
from grader.jail.shared import shared_kernels

pytestmark = pytest.mark.kernel


class OneSpec(KernelSpecManager):
    """A kernelspec as a user would install it."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(
            argv=["caged"],
            display_name="Python (caged)",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": "caged-provisioner"}},
        )


async def ask(client: Any, code: str) -> tuple[str, str]:
    """Run code; the reply's status and what came on stdout or as an error."""
    message = client.execute(code)
    said = ""
    while True:
        got = await client.get_iopub_msg(timeout=20)
        if got["parent_header"].get("msg_id") != message:
            continue
        content = got["content"]
        said += content.get("text", "") + content.get("ename", "")
        if content.get("execution_state") == "idle":
            break
    reply = await client.get_shell_msg(timeout=20)
    return reply["content"]["status"], said


def new_manager() -> AsyncKernelManager:
    """A manager of caged kernels."""
    return AsyncKernelManager(kernel_spec_manager=OneSpec(), kernel_name="caged")


async def connect(manager: AsyncKernelManager) -> Any:
    """A client of the manager's kernel, once it answers."""
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=30)
    return client


async def whole_life() -> None:
    manager = new_manager()
    await manager.start_kernel()
    client = await connect(manager)
    try:
        assert await manager.is_alive()
        assert await client.is_alive()
        assert await ask(client, "import torch; print(torch.ones(2).sum().item())") == ("ok", "2.0\n")
        waiting = asyncio.ensure_future(ask(client, "import time\nwhile True: time.sleep(0.1)"))
        await asyncio.sleep(0.5)
        await manager.interrupt_kernel()
        assert await waiting == ("error", "KeyboardInterrupt")
        assert await ask(client, "x = 3") == ("ok", "")
        await manager.restart_kernel(now=True)
        client.stop_channels()
        client = await connect(manager)
        assert (await ask(client, "x"))[1] == "NameError"
        await manager.shutdown_kernel()
        assert not await manager.is_alive()
    finally:
        client.stop_channels()


async def reply_to(client: Any, message: str) -> dict[str, Any]:
    """The content of the reply to a request."""
    while True:
        got = await client.get_shell_msg(timeout=20)
        if got["parent_header"].get("msg_id") == message:
            content: dict[str, Any] = got["content"]
            return content


async def manners() -> None:
    """What the test suites of ipykernel and nbclient ask of a kernel."""
    manager = new_manager()
    await manager.start_kernel()
    client = await connect(manager)
    try:
        ahead = ["import asyncio\nawait asyncio.sleep(0.3)\n1 / 0", "print(1)", "print(2)"]
        replies = [await reply_to(client, sent) for sent in [client.execute(code) for code in ahead]]
        assert [reply["status"] for reply in replies] == ["error", "aborted", "aborted"]
        assert await ask(client, "print(get_ipython().history_manager.hist_file)") == ("ok", ":memory:\n")

        question = client.session.msg("connect_request")
        client.shell_channel.send(question)
        ports = await reply_to(client, question["header"]["msg_id"])
        assert ports["shell_port"] == manager.shell_port and ports["iopub_port"] == manager.iopub_port

        waiting = client.execute("import pdb; pdb.set_trace()", allow_stdin=True)
        await client.get_stdin_msg(timeout=20)
        await manager.interrupt_kernel()
        assert (await reply_to(client, waiting))["status"] in ("ok", "error")

        client.execute("import os, signal; os.kill(os.getpid(), signal.SIGTERM)")
        for _ in range(100):
            if not await manager.is_alive():
                break
            await asyncio.sleep(0.05)
        assert not await manager.is_alive()

        await manager.start_kernel()
        await manager.start_kernel()  # without a shutdown: it takes the first one's place
        client.stop_channels()
        client = await connect(manager)
        assert await ask(client, "print(3)") == ("ok", "3\n")
        await manager.signal_kernel(signal.SIGTERM)
        assert manager.provisioner is not None
        await asyncio.wait_for(manager.provisioner.wait(), 10)
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)


class EntryPoint:
    """Stands for the installed entry point, so that the test also runs from a checkout."""

    @staticmethod
    def load() -> type[CagedProvisioner]:
        return CagedProvisioner


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    """One loop for all, and so one warm server."""
    factory = KernelProvisionerFactory.instance()
    with mock.patch.dict(factory.provisioners, {"caged-provisioner": EntryPoint}), asyncio.Runner() as runner:
        yield runner


def test_start_interrupt_restart_and_shut_down(loop: asyncio.Runner) -> None:
    loop.run(whole_life())


def test_it_behaves_as_other_clients_tests_expect(loop: asyncio.Runner) -> None:
    loop.run(manners())


def test_a_kernel_lives_on_when_its_loop_is_gone(loop: asyncio.Runner) -> None:
    """Clients of several loops, as of blocking managers on several threads, share one warm server."""
    manager = new_manager()
    loop.run(manager.start_kernel())
    with asyncio.Runner() as another:
        assert another.run(manager.is_alive())
        another.run(manager.shutdown_kernel(now=True))
        assert not another.run(manager.is_alive())
    server = shared_kernels()._kernels.server_pid
    with asyncio.Runner() as another:
        another.run(whole_life())
    assert shared_kernels()._kernels.server_pid == server
