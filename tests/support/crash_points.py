"""Crash points: kill an operation at each of its boundaries, see what holds.

The boundaries (see that module) are those that one undisturbed run passes.
`HELD` and `Report` come from `guide.evidence.crash_points`. Use::

    outcomes = await crash_points(  # a fixture; the operation is a child's
        "tests.snippets.topic.operations:place_order", asyncpg_url, "broken",
        prepare=empty_the_tables,  # before each run
        settle=restart_and_judge,  # after each run: returns HELD or a symptom
    )
    Report("topic", "matrix", "broken", outcomes).save()
    assert set(outcomes.values()) == {HELD}

Children are forked from a process that has imported all and connected to
nothing. `settle` starts when PostgreSQL has noticed the death.
"""

import asyncio
import importlib
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterator

import psycopg
import pytest

from guide.evidence.crash_points import UNDISTURBED
from guide.layout import ROOT
from tests.support import boundaries
from tests.support.process import running
from tests.support.until import until

PATIENCE = 30  # seconds; no child outlives them, whatever it waits for
SILENCE = '{"error": "The child ended without a word: did it wait too long?"}'

Step = Callable[[], Awaitable[None]]
Judge = Callable[[], Awaitable[str]]

CONNECTED = (
    "select pid from pg_stat_activity"
    " where datname = current_database() and pid <> pg_backend_pid()"
)


def fork(operation: str, arguments: list, kill_at: str) -> dict[str, object]:
    """Run the operation in a child; what it passed, or how it failed."""
    module, _, name = operation.partition(":")
    function = getattr(importlib.import_module(module), name)
    inlet, outlet = os.pipe()
    child = os.fork()
    if not child:
        os.close(inlet)
        live(function, arguments, kill_at, outlet)
    os.close(outlet)
    with os.fdopen(inlet) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) == -signal.SIGKILL:
        return {"killed": True}
    return {"killed": False, **json.loads(said or SILENCE)}


def live(function: Callable, arguments: list, kill_at: str, outlet: int):
    passed: list[tuple[str, int]] = []

    def reach(boundary: str) -> None:
        passed.append((boundary, boundaries.exchanges.total()))
        if boundary == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    signal.alarm(PATIENCE)
    os.dup2(2, 1)  # standard output is the server's
    boundaries.observers.append(reach)
    try:
        asyncio.run(function(*arguments))
        said = {"passed": passed}
    except BaseException:  # noqa: BLE001 - reported, then this process ends
        said = {"error": traceback.format_exc()}
    with os.fdopen(outlet, "w") as pipe:
        json.dump(said, pipe)
    os._exit(0)


class CrashPoints:
    """Asks the server below for one run after another."""

    def __init__(
        self, server: subprocess.Popen, admin: psycopg.Connection
    ) -> None:
        self._server, self._admin = server, admin

    async def __call__(
        self, operation: str, *arguments: object, prepare: Step, settle: Judge
    ) -> dict[str, str]:
        """Boundary → what `settle` found after a kill there.

        Boundaries between which nothing is sent or received are one moment to
        the rest of the world: one kill, at the first, judges them all.
        """
        await prepare()
        found = await asyncio.to_thread(self._run, operation, arguments, "")
        outcomes = {UNDISTURBED: await settle()}
        outcome, judged = "", -1
        for boundary, exchanges in found["passed"]:
            if exchanges != judged:
                await prepare()
                await asyncio.to_thread(
                    self._run, operation, arguments, boundary
                )
                outcome, judged = await settle(), exchanges
            outcomes[boundary] = outcome
        return outcomes

    def _run(self, operation: str, arguments: tuple, kill_at: str) -> dict:
        others = self._connected()
        request = json.dumps([operation, arguments, kill_at])
        self._server.stdin.write(f"{request}\n")
        self._server.stdin.flush()
        answer = json.loads(self._server.stdout.readline())
        until(lambda: self._connected() <= others)  # the child is rolled back
        if "error" in answer:
            raise RuntimeError(answer["error"])
        if answer["killed"] != bool(kill_at):
            raise RuntimeError(f"This run did not pass: {kill_at or operation}")
        return answer

    def _connected(self) -> set:
        return set(self._admin.execute(CONNECTED).fetchall())


@pytest.fixture(scope="session")
def crash_server() -> Iterator[subprocess.Popen]:
    """Ends with its standard input, so also when pytest is killed."""
    command = [sys.executable, "-m", "tests.support.crash_points"]
    pipes = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
    with running(command, cwd=ROOT, text=True, **pipes) as server:
        yield server
        server.stdin.close()


@pytest.fixture
def crash_points(
    crash_server: subprocess.Popen, postgres_url: str
) -> Iterator[CrashPoints]:
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        yield CrashPoints(crash_server, admin)


def main() -> None:
    importlib.import_module("asyncpg")  # SQLAlchemy would, in every child
    boundaries.instrument("snippets")
    for line in sys.stdin:
        try:
            answer = fork(*json.loads(line))
        except Exception:  # noqa: BLE001 - the operation does not import
            answer = {"error": traceback.format_exc()}
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
