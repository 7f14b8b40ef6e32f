"""Start the shop: ``python -m servers.shop``, which is ``make shop``.

Runs web process and worker as children, as any supervisor would, on a
PostgreSQL and a NATS of their own whose data stay in ``build/shop``, and beside
a stand-in for the payment provider. ``POSTGRES_URL``, ``NATS_URL`` and
``PAYMENT_URL`` name others. It stands here and not beside the service because
embedded servers are no part of it: a deployed shop is given them.

Killed by SIGKILL it takes all of them with it on Linux. On macOS they stay: the
next start ends the PostgreSQL, and names the port while the web process has it.
"""

import argparse
import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    suppress,
)
from http.client import HTTPException
from pathlib import Path
from types import FrameType
from typing import NamedTuple
from urllib.request import urlopen
from uuid import uuid4

from servers import postgres
from servers.nats import NatsServer
from servers.ports import HOST, is_free, port, reserved_port, taken
from servers.postgres import Postgres
from servers.process import running
from servers.server import ServerUnavailableError, listens

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "build" / "shop"
PATIENCE = 30.0  # seconds until a server that does not answer is given up
# The customer and the product of the service's demo data.
ORDER = (
    '{"customer_id": "5f0c9b1e-8d51-4b07-9a51-7a1d0c2f6e11", '
    '"lines": [{"sku": "TEA-1", "quantity": 2}]}'
)


Child = AbstractContextManager["subprocess.Popen[bytes]"]


class ShopError(Exception):
    """One sentence for the reader that says what to do."""


class Database(NamedTuple):
    """Where it answers, and what runs it, if that is ours."""

    url: str
    server: "subprocess.Popen[bytes] | None" = None


@contextmanager
def ours_alone(data: Path) -> Iterator[None]:
    """Hold the data folder; a second ``make shop`` is refused."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ShopError(
                "The shop runs already: end it there with Ctrl-C first."
            ) from error
        yield


@contextmanager
def database(data: Path) -> Iterator[Database]:
    """The database to use, started if it is ours.

    Raises:
        ShopError: there is none.
    """
    if url := os.environ.get("POSTGRES_URL"):
        if not url.startswith(("postgresql://", "postgres://")):
            raise ShopError("POSTGRES_URL must start with postgresql://")
        if reason := postgres.why_not(url):
            raise ShopError(f"No PostgreSQL answers at POSTGRES_URL: {reason}")
        yield Database(url)
        return
    with embedded(data) as database:
        yield database


@contextmanager
def embedded(data: Path) -> Iterator[Database]:
    """PostgreSQL on the cluster in ``data``, made if need be."""
    server = Postgres.for_data_in(data)
    cluster = server.initialise(data / "postgres")
    end_left_over(cluster)
    log = data / "postgres.log"
    with (
        reserved_port() as db_port,
        log.open("wb") as output,
        running(
            [
                str(server.binaries / "postgres"),
                *["-D", str(cluster), "-h", HOST, "-p", str(db_port)],
                *["-k", ""],
            ],
            signal.SIGINT,  # fast shutdown
            signal.SIGINT,
            server.prefix,
            stdout=output,
            stderr=output,
            **server.options,
        ) as process,
    ):
        url = f"postgresql://postgres@{HOST}:{db_port}/postgres"
        if not in_time(lambda: postgres.answers(url), process):
            raise ShopError(
                "PostgreSQL did not start on the data in "
                f"{cluster.parent}: {reason_in(log)}"
            )
        yield Database(url, process)


def reason_in(log: Path) -> str:
    """PostgreSQL's last words: why it gave up, and what it adds to that."""
    text = log.read_text(errors="replace")
    words = re.findall(r"(?:PANIC|FATAL|DETAIL|HINT): +(.+)", text)
    once = list(dict.fromkeys(words or text.splitlines()))
    return " ".join(once[-3:]) or f"see {log}"


def end_left_over(cluster: Path) -> None:
    """End the server of a run that was killed, and wait until it is gone.

    Raises:
        ShopError: it does not end.
    """
    deadline = time.monotonic() + PATIENCE
    while processes := postgres.processes_on(cluster):
        if time.monotonic() > deadline:
            raise ShopError(f"PostgreSQL runs already: process {processes[0]}.")
        for pid in processes:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
        time.sleep(0.05)
    # Nobody is at work on these data, so its file is a remnant. PostgreSQL
    # refuses one that is empty, or whose number is another program's by now.
    (cluster / "postmaster.pid").unlink(missing_ok=True)


@contextmanager
def event_bus(data: Path) -> Iterator[str]:
    """The URL of the NATS to use, started if it is ours; "" without one."""
    if "NATS_URL" in os.environ:
        yield os.environ["NATS_URL"]
        return
    log = data / "nats.log"
    with reserved_port() as nats_port, log.open("wb") as output:
        url = f"nats://{HOST}:{nats_port}"
        try:
            command = NatsServer().command(nats_port, data / "nats")
        except ServerUnavailableError:
            yield ""
            return
        with running(command, stdout=output, stderr=output) as process:
            if not in_time(lambda: listens(url), process):
                raise ShopError(f"NATS did not start: see {log}")
            yield url


@contextmanager
def payments() -> Iterator[str]:
    """The URL of the payment provider to use, our stand-in or another."""
    if url := os.environ.get("PAYMENT_URL"):
        yield url
        return
    with (
        reserved_port() as provider_port,
        python("servers.payment_provider", "--port", str(provider_port)),
    ):
        yield f"http://{HOST}:{provider_port}"


def python(*command: str, **environment: str) -> Child:
    """A module of this repository, as a child."""
    return running(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def run(http_port: int, data: Path) -> None:
    """Serve until a signal says otherwise.

    Raises:
        ShopError: it cannot be started, or a part of it has ended by itself.
    """
    if not is_free(http_port):
        raise ShopError(taken(http_port, "make shop"))
    orders = f"http://{HOST}:{http_port}/orders"
    with ExitStack() as stack:
        stack.enter_context(ours_alone(data))
        url, server = stack.enter_context(database(data))
        environment = {
            "DATABASE_URL": url,
            "DEMO_DATA": "1",
            "NATS_URL": stack.enter_context(event_bus(data)),
            "PAYMENT_URL": stack.enter_context(payments()),
        }
        web = stack.enter_context(
            python(
                *["uvicorn", "--factory"],
                "snippets.shop.main:from_environment",
                *["--host", HOST, "--port", str(http_port)],
                *["--log-level", "warning"],
                *["--timeout-graceful-shutdown", "1"],  # streams do not end
                **environment,
            )
        )
        worker = stack.enter_context(
            python("snippets.shop.worker", **environment)
        )
        if not in_time(lambda: opens(f"{orders}?limit=1"), web):
            raise ShopError("The shop did not start: see the message above.")
        sys.stdout.write(
            f"The shop is open at {orders}; Ctrl-C closes it. Order something, "
            "then see what became of it:\n"
            f"curl -i {orders} -H 'Idempotency-Key: {uuid4()}' "
            f"-H 'Content-Type: application/json' -d '{ORDER}'\n"
            f"curl '{orders}?limit=100'\n"
        )
        sys.stdout.flush()
        while web.poll() is None and worker.poll() is None:
            if server and server.poll() is not None:
                raise ShopError(
                    "PostgreSQL has ended: make shop starts all again, with "
                    f"the orders there were; {data / 'postgres.log'} says why."
                )
            time.sleep(0.1)
        raise ShopError("The shop has ended: see the message above.")


def in_time(
    condition: Callable[[], bool], process: "subprocess.Popen[bytes]"
) -> bool:
    """Wait until ``condition`` holds; False if the process ended before."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def opens(url: str) -> bool:
    with (
        suppress(OSError, HTTPException),
        urlopen(url, timeout=5),  # noqa: S310 - our own http URL
    ):
        return True
    return False


def end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m servers.shop")
    parser.add_argument("--port", type=port, default=8080)
    parser.add_argument("--data", type=Path, default=DATA, metavar="FOLDER")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)  # its terminal was closed
    # A shell that starts us in the background has it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run(options.port, options.data.resolve())
    except (ShopError, ServerUnavailableError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
