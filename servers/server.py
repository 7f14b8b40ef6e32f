"""What the servers of a test run have in common: to be found, started, asked.

Each ends when the process that started it does, even by SIGKILL.
"""

import importlib.util
import signal
import socket
import subprocess
import sys
import sysconfig
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from servers.ports import reserved_port
from servers.process import bound_to_us

if sys.platform == "win32":
    raise SystemExit("The test servers need Linux or macOS (on Windows: WSL).")


class ServerUnavailableError(Exception):
    """The message tells the reader what to install or set."""


class Server(ABC):
    """``name`` is that of its fixtures and of its variable, ``remedy`` how to
    get it. A slow one takes seconds to start. One that stands before another,
    named ``behind``, is told its URL.
    """

    name: ClassVar[str]
    product: ClassVar[str]
    remedy: ClassVar[str]
    slow: ClassVar[bool] = False
    behind: ClassVar[str] = ""
    url_behind: str = ""

    def __init__(self) -> None:
        self._processes: list[
            tuple[subprocess.Popen[bytes], signal.Signals]
        ] = []
        self._log = Path()
        self._ports = ExitStack()

    @abstractmethod
    def start(self, folder: Path) -> str:
        """Start it, its files in ``folder``; where it will answer.

        Raises:
            ServerUnavailableError: it is not here.
        """

    def answers(self, url: str) -> bool:
        return listens(url)

    @abstractmethod
    def version(self, url: str) -> str:
        """Product and version, as the server says."""

    @property
    def pid(self) -> int | None:
        """Its process, if it is ours."""
        return self._processes[-1][0].pid if self._processes else None

    def has_ended(self) -> bool:
        return bool(self._processes) and (
            self._processes[-1][0].poll() is not None
        )

    def last_words(self) -> str:
        lines = self._log.read_text().strip().splitlines()
        return (lines or ["its log is empty"])[-1]

    def end(self) -> None:
        """Tell it to; `wait` waits for it."""
        for process, stop_signal in self._processes:
            process.send_signal(stop_signal)

    def wait(self) -> None:
        for process, _ in self._processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._ports.close()

    def port(self) -> int:
        return self._ports.enter_context(reserved_port())

    def spawn(
        self,
        folder: Path,
        command: Sequence[str],
        *,
        prefix: Sequence[str] = (),
        stop_signal: signal.Signals = signal.SIGTERM,
        **options: Any,  # noqa: ANN401 - Popen's
    ) -> None:
        # What a shell started in the background ignores SIGINT at first.
        interrupts = stop_signal is signal.SIGINT
        death_signal = signal.SIGKILL if interrupts else stop_signal
        self._log = folder / f"{Path(command[0]).name}.log"
        with self._log.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                bound_to_us(command, death_signal, prefix),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **options,
            )
        self._processes.append((process, stop_signal))


def listens(url: str) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname, address.port), 1).close()
    except OSError:
        return False
    return True


def package_folder(package: str, remedy: str) -> Path:
    """Raises ServerUnavailableError if it is not installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServerUnavailableError(remedy)
    return Path(spec.submodule_search_locations[0])


def script(name: str, remedy: str) -> str:
    """A program of this environment.

    Raises:
        ServerUnavailableError: it is not installed.
    """
    program = Path(sysconfig.get_path("scripts")) / name
    if not program.exists():
        raise ServerUnavailableError(remedy)
    return str(program)
