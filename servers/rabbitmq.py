"""RabbitMQ as Debian packages it, without root. Ready in 5 to 8 seconds."""

import asyncio
import time
from pathlib import Path

import aiormq

from servers.ports import HOST
from servers.server import Server, ServerUnavailableError, listens

INSTALLED = Path("/usr/lib/rabbitmq/lib")
SETTINGS = (
    "vm_memory_high_watermark.absolute = 512MB\n"
    "disk_free_limit.absolute = 50MB\n"
)


class RabbitmqServer(Server):
    name, product = "amqp", "RabbitMQ"
    remedy = "apt install rabbitmq-server"
    slow = True

    def start(self, folder: Path) -> str:
        programs = next(INSTALLED.glob("*/sbin"), None)
        if programs is None:
            raise ServerUnavailableError(self.remedy)
        port, name_port = self.port(), self.port()
        home = folder / "rabbitmq"
        home.mkdir()
        (home / "enabled_plugins").write_text("[].")
        (home / "rabbitmq.conf").write_text(SETTINGS)
        environment = {
            "PATH": "/usr/bin:/bin:/usr/sbin",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "ERL_EPMD_ADDRESS": HOST,
            "ERL_EPMD_PORT": str(name_port),
            "RABBITMQ_NODENAME": f"test{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": HOST,
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(self.port()),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
        }
        # RabbitMQ would start a name server of its own, which stays behind.
        self.spawn(folder, ["/usr/bin/epmd"], env=environment)
        while not listens(f"epmd://{HOST}:{name_port}"):
            if self.has_ended():
                raise ServerUnavailableError("epmd did not start")
            time.sleep(0.01)
        program = str(programs / "rabbitmq-server")
        self.spawn(folder, [program], env=environment)
        return f"amqp://guest:guest@{HOST}:{port}/"

    def version(self, url: str) -> str:
        return f"RabbitMQ {asyncio.run(_version(url))}"


async def _version(url: str) -> str:
    connection = await aiormq.connect(url)
    try:
        return str(connection.server_properties["version"])
    finally:
        await connection.close()
