"""PgBouncer as Debian packages it, in transaction mode before PostgreSQL.

Whoever comes is PostgreSQL's user of the tests; two connections to the server
are each database's. A ``PGBOUNCER_URL`` must do the same for ``POSTGRES_URL``.
"""

import shutil
import signal
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg

from servers.ports import HOST
from servers.postgres import PostgresServer, without_root
from servers.server import Server, ServerUnavailableError


class PgbouncerServer(Server):
    name, product = "pgbouncer", "PgBouncer"
    remedy = "apt install pgbouncer"
    behind = PostgresServer.name

    def start(self, folder: Path) -> str:
        port = self.port()
        settings = folder / "pgbouncer.ini"
        settings.write_text(settings_for(self.url_behind, port))
        prefix, options = without_root(folder)  # it refuses to run as root
        self.spawn(
            folder,
            self.command(settings),
            prefix=prefix,
            stop_signal=signal.SIGKILL,  # it has nothing to save
            **options,
        )
        return f"postgresql://postgres@{HOST}:{port}/postgres"

    def command(self, settings: Path) -> list[str]:
        """Raises ServerUnavailableError if it is not installed."""
        program = shutil.which("pgbouncer", path="/usr/bin:/usr/sbin")
        if program is None:
            raise ServerUnavailableError(self.remedy)
        return [program, str(settings)]

    def version(self, url: str) -> str:
        console = f"{url.rpartition('/')[0]}/pgbouncer"
        with psycopg.connect(console, autocommit=True) as connection:
            version = connection.info.parameter_status("server_version")
        return f"PgBouncer {str(version).partition('/')[0]}"


def settings_for(url: str, port: int) -> str:
    at = urlsplit(url)
    login = {"host": at.hostname, "port": at.port, "user": at.username}
    if at.password:
        login["password"] = unquote(at.password)
    server = " ".join(f"{word}={value}" for word, value in login.items())
    return (
        f"[databases]\n* = {server}\n"
        f"[pgbouncer]\nlisten_addr = {HOST}\nlisten_port = {port}\n"
        "unix_socket_dir =\nauth_type = any\n"
        "pool_mode = transaction\ndefault_pool_size = 2\n"
    )
