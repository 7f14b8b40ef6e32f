"""A PostgreSQL of its own with a streaming replica, both from the wheel."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from servers.postgres import NOBODY, Postgres, PostgresServer
from servers.server import ServerUnavailableError
from tests.support import missing
from tests.support.servers import FOLDER_PREFIX
from tests.support.until import until


@contextmanager
def primary_and_replica() -> Iterator[tuple[str, str]]:
    """``postgresql://…`` of each, for the block."""
    if missing.is_hidden("postgres"):
        missing.give_up("postgres", missing.HIDDEN)
    with ExitStack() as stack:
        # Where every user may look, since the servers may be another's.
        prefix = f"{FOLDER_PREFIX}{os.getpid()}-replica-"  # swept, if killed
        folder = Path(tempfile.mkdtemp(prefix=prefix))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        try:
            primary = stack.enter_context(started(folder / "primary"))
            copy_cluster(primary, folder / "replica")
            replica = stack.enter_context(started(folder / "replica"))
        except ServerUnavailableError as error:
            missing.give_up("postgres", str(error))
        yield primary, replica


@contextmanager
def started(folder: Path) -> Iterator[str]:
    folder.mkdir(mode=0o755, exist_ok=True)
    server = PostgresServer()
    url = server.start(folder)
    try:
        until(lambda: server.answers(url) or server.has_ended())
        if server.has_ended():
            raise ServerUnavailableError(server.last_words())
        yield url
    finally:
        server.end()
        server.wait()


def copy_cluster(primary: str, folder: Path) -> None:
    """Make in ``folder`` what will start as a replica of the primary."""
    programs = Postgres.for_data_in(folder)
    data = folder / "postgres"
    data.mkdir(parents=True, mode=0o700)
    folder.chmod(0o755)
    if "user" in programs.options:
        os.chown(data, NOBODY, NOBODY)
    subprocess.run(
        [
            *programs.prefix,
            str(programs.binaries / "pg_basebackup"),
            *["--dbname", primary, "--pgdata", str(data / "db")],
            *["--write-recovery-conf", "--checkpoint=fast", "--no-sync"],
        ],
        check=True,
        **programs.options,
    )
