"""Any Jupyter client can use the caged kernels: they are reached through the entry point's class."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from grader.jail.provisioner import CagedProvisioner

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


async def whole_life() -> None:
    manager = AsyncKernelManager(kernel_spec_manager=OneSpec(), kernel_name="caged")
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=30)
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
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=30)
        assert (await ask(client, "x"))[1] == "NameError"
        await manager.shutdown_kernel()
        assert not await manager.is_alive()
    finally:
        client.stop_channels()


class EntryPoint:
    """Stands for the installed entry point, so that the test also runs from a checkout."""

    @staticmethod
    def load() -> type[CagedProvisioner]:
        return CagedProvisioner


def test_start_interrupt_restart_and_shut_down(monkeypatch: pytest.MonkeyPatch) -> None:
    factory = KernelProvisionerFactory.instance()
    monkeypatch.setitem(factory.provisioners, "caged-provisioner", EntryPoint)
    asyncio.run(whole_life())
