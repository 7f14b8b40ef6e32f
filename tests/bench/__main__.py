"""Measure and record: ``python -m tests.bench``, which is ``make bench``.

On a PostgreSQL of its own, or the one of ``POSTGRES_URL``. Without names, every
bench. Under ten rounds it prints the figures and records nothing.
"""

import argparse
import asyncio
import os
import platform
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import psycopg

from guide.evidence.bench import Environment, Record, sentences
from guide.layout import ROOT, benches, module_name
from tests.bench.bench import Bench
from tests.bench.calls import calls_by_part
from tests.support.databases import Databases
from tests.support.servers import Servers

ENOUGH = 10  # rounds
LIBRARIES = {"sqlalchemy": "SQLAlchemy", "asyncpg": "asyncpg"}
SETTINGS = ("fsync", "synchronous_commit")  # what a commit waits for


def find(name: str, root: Path = ROOT) -> Bench:
    bench = import_module(module_name(benches(root)[name])).BENCH
    assert isinstance(bench, Bench)
    return bench


def environment(url: str, load: float) -> Environment:
    """What there is to say of this machine and the server at ``url``."""
    with psycopg.connect(url) as connection:
        show = "select setting from pg_settings where name = %s"
        settings = {
            name: str(connection.execute(show, [name]).fetchone()[0])
            for name in SETTINGS
        }
        server = connection.info.parameter_status("server_version")
    return Environment(
        python=platform.python_version(),
        postgresql=str(server).split()[0],
        libraries={
            name: version(package) for package, name in LIBRARIES.items()
        },
        processors=os.cpu_count() or 1,
        load=round(load, 2),
        settings=settings,
    )


async def run(
    name: str, url: str, rounds: int, load: float = 0, scale: float = 1
) -> Record:
    """Measure one bench in the empty database at ``url``."""
    bench = find(name)
    async with bench.tasks(url, scale) as tasks:
        cases = [await task.measure(rounds) for task in tasks]
        calls = {}
        if bench.parts:
            calls = await calls_by_part(tasks[0], bench.parts)
    return Record(
        name=name,
        title=bench.title,
        what=bench.what,
        baseline=bench.baseline,
        recorded=datetime.now(UTC).date().isoformat(),
        environment=environment(url, load),
        cases=cases,
        per_second=bench.per_second,
        calls=calls,
    )


def measure(names: Sequence[str], rounds: int, root: Path = ROOT) -> None:
    load, _, _ = os.getloadavg()  # before any of it is ours
    servers = Servers()
    try:
        servers.start("postgres")
        servers.wait("postgres")
        if reason := servers.absent.get("postgres"):
            raise SystemExit(f"No PostgreSQL: {reason}")
        databases = Databases(servers.urls["postgres"])
        for name in names:
            start = time.monotonic()
            with databases.empty() as url:
                record = asyncio.run(run(name, url, rounds, load))
            took = time.monotonic() - start
            sys.stdout.write(f"{name} ({took:.0f} s)\n")
            sys.stdout.writelines(f"  {each}\n" for each in sentences(record))
            if rounds < ENOUGH:
                sys.stdout.write(f"  Under {ENOUGH} rounds: not recorded.\n")
            else:
                path = record.save(root).relative_to(root)
                sys.stdout.write(f"  {path}\n")
            if record.environment.is_busy:
                sys.stdout.write("  The machine was busy with other work.\n")
            sys.stdout.flush()
        databases.close()
    finally:
        servers.stop()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    if unknown := set(options.names) - benches().keys():
        known = ", ".join(benches())
        parser.error(f"no bench {', '.join(sorted(unknown))}; there is {known}")
    if options.rounds < 2:
        parser.error("a spread needs 2 rounds")
    measure(options.names or [*benches()], options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
