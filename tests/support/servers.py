"""The servers of a test run, started with it and stopped with it.

An environment URL (``POSTGRES_URL``, ``PGBOUNCER_URL``, ``REDIS_URL``,
``NATS_URL``, ``AMQP_URL``, ``TEMPORAL_URL``) wins over the embedded server. The
controller starts the servers; xdist workers get the URLs. RabbitMQ and Temporal
take seconds to start: a run without xdist starts them when a test first asks.
"""

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from servers.catalogue import SERVERS
from servers.server import Server, ServerUnavailableError
from tests.support import missing

FOLDER_PREFIX = "backend-guide-servers-"
QUICK = tuple(server.name for server in SERVERS if not server.slow)
SLOW = tuple(server.name for server in SERVERS if server.slow)


@dataclass
class Servers:
    """A URL for each server that is there, a reason for each that is not."""

    urls: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)
    by_name: dict[str, Server] = field(
        default_factory=lambda: {kind.name: kind() for kind in SERVERS}
    )
    _late: set[str] = field(default_factory=set)

    def start(self, *names: str) -> None:
        """Start these servers, without waiting for them."""
        remove_folders_of_killed_runs()
        for name in names:
            if missing.is_hidden(name):
                self.absent[name] = missing.HIDDEN
            elif url := own_url(name):
                self.urls[name] = url
            else:
                server = self.by_name[name]
                try:
                    if server.behind:
                        server.url_behind = self._url_of(server.behind)
                    self.urls[name] = server.start(self._folder)
                    self.pids[name] = server.pid
                except (ServerUnavailableError, OSError) as error:
                    self.absent[name] = f"{error}, or set {variable(name)}"

    def _url_of(self, name: str) -> str:
        """Raises ServerUnavailableError if there is none."""
        if name in self.absent:
            raise ServerUnavailableError(self.absent[name])
        return self.urls[name]

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
            while not self.by_name[name].answers(self.urls[name]):
                late = time.monotonic() - start > patience
                ended = self.by_name[name].has_ended()
                if ended or (late and self._is_nobodys(name)):
                    self.absent[name] = self._last_words(name)
                    del self.urls[name]
                    break
                if late:
                    self._late.add(name)
                    raise TimeoutError(f"{name} is still starting")
                time.sleep(0.02)

    def _is_nobodys(self, name: str) -> bool:
        """Whether no process of ours, or of our controller's, starts it."""
        if self.by_name[name].pid:
            return False
        if not (pid := self.pids.get(name)):
            return True
        listing = ["ps", "-o", "stat=", "-p", str(pid)]
        state = subprocess.run(listing, check=False, capture_output=True)
        return not state.stdout.strip() or state.stdout.startswith(b"Z")

    def _last_words(self, name: str) -> str:
        if not self.by_name[name].pid:
            return f"nothing answers at {self.urls[name]}"
        return f"it did not start ({self.by_name[name].last_words()})"

    def stop(self) -> None:
        for server in self.by_name.values():
            server.end()
        for server in self.by_name.values():
            server.wait()
        if "_folder" in vars(self):
            shutil.rmtree(self._folder, ignore_errors=True)

    def versions(self) -> dict[str, str]:
        """Ask each running server for its product name and version."""
        with suppress(TimeoutError):  # of one that no test needed
            self.wait(*self.urls)
        return {
            name: self.by_name[name].version(url)
            for name, url in self.urls.items()
            if self.by_name[name].answers(url)
        }

    @cached_property
    def _folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-"))
        folder.chmod(0o755)
        return folder


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
