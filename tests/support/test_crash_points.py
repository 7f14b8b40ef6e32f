"""The crash-point harness: it finds every boundary and dies at each."""

import ast
import asyncio
import re
import signal
import subprocess
from collections import Counter
from contextlib import asynccontextmanager
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from guide.evidence.crash_points import UNDISTURBED
from guide.layout import ROOT
from snippets.architecture_patterns.outbox import OutboxRelay
from tests.support import boundaries
from tests.support.boundaries import Instrumented, awaited, entered, stepped
from tests.support.process import running

ME = "tests.support.test_crash_points"
SOURCE = """
class Shop:
    async def open(self, till, orders):
        async with till.opened(), till.counted:
            await till.count(await till.content())
        async for order in orders():
            await order
        return [order async for order in orders()]

async def fail(till):
    async with till.opened():
        raise KeyError("till")
"""


class Till:
    @asynccontextmanager
    async def opened(self):
        yield

    @property
    def counted(self):
        return self.opened()

    async def content(self):
        return 3

    async def count(self, content):
        return content


async def orders():
    future = asyncio.get_running_loop().create_future()
    future.set_result(None)
    yield future


@pytest.fixture
def shop(monkeypatch):
    """What SOURCE defines, instrumented, and the boundaries it has passed."""
    names = {f"__{f.__name__}__": f for f in (awaited, entered, stepped)}
    tree = Instrumented("snippets.topic.shop").visit(ast.parse(SOURCE))
    exec(compile(tree, "shop.py", "exec"), names)  # noqa: S102 - the text above
    passed = []
    monkeypatch.setattr(boundaries, "observers", [passed.append])
    monkeypatch.setattr(boundaries, "times", Counter())
    return names, passed


async def test_boundaries_are_named_by_function_line_and_call(shop):
    names, passed = shop

    await names["Shop"]().open(Till(), orders)

    assert passed == [
        f"shop.Shop.open:{name}"
        for name in (
            "4 async with till.opened(), entry, before",
            "4 async with till.opened(), entry, after",
            "4 async with till.counted, entry, before",
            "4 async with till.counted, entry, after",
            "5 await till.content(), before",
            "5 await till.content(), after",
            "5 await till.count(), before",
            "5 await till.count(), after",
            "4 async with till.counted, exit, before",
            "4 async with till.counted, exit, after",
            "4 async with till.opened(), exit, before",
            "4 async with till.opened(), exit, after",
            "6 async for orders(), before",
            "6 async for orders(), after",
            "7 await order, before",
            "7 await order, after",
            "6 async for orders(), before (2)",
            "8 async for orders(), before",
            "8 async for orders(), after",
            "8 async for orders(), before (2)",
        )
    ]


async def test_an_error_passes_through_a_boundary_unchanged(shop):
    names, passed = shop

    with pytest.raises(KeyError, match="till"):
        await names["fail"](Till())

    assert passed[-1] == "shop.fail:11 async with till.opened(), exit, after"


class Nowhere:
    async def publish(self, subject, payload, message_id):
        pass


async def store_and_relay(asyncpg_url):
    """What a child does: one event goes through the outbox."""
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "insert into outbox (id, subject, payload)"
                f" values ('{uuid4()}', 'order-1', '{{}}')"
            )
        )
    await OutboxRelay(engine, Nowhere()).run_once()


async def fail():
    raise KeyError("till")


async def end_without_a_word():
    signal.raise_signal(signal.SIGALRM)


@pytest.fixture
def outbox(postgres_url):
    """Makes the table anew; tells how many events it holds and has sent."""

    async def prepare():
        with psycopg.connect(postgres_url) as connection:
            connection.execute("drop table if exists outbox")
            connection.execute(
                "create table outbox (id uuid, subject text, payload jsonb,"
                " published_at timestamptz,"
                " sequence bigint generated always as identity primary key)"
            )

    async def settle():
        with psycopg.connect(postgres_url) as connection:
            query = "select count(*), count(published_at) from outbox"
            stored, sent = connection.execute(query).fetchone()
        return f"{stored} stored, {sent} sent"

    return {"prepare": prepare, "settle": settle}


async def test_a_child_dies_at_every_boundary_of_an_undisturbed_run(
    crash_points, asyncpg_url, outbox
):
    outcomes = await crash_points(
        f"{ME}:store_and_relay", asyncpg_url, **outbox
    )

    run_once = {
        re.sub(r"outbox.OutboxRelay.run_once:\d+ ", "", name): outcome
        for name, outcome in outcomes.items()
    }
    left = "async with session.begin(), exit"
    assert run_once == {
        UNDISTURBED: "1 stored, 1 sent",
        "elsewhere: COMMIT, before": "0 stored, 0 sent",
        "elsewhere: COMMIT, after": "1 stored, 0 sent",
        "async with AsyncSession(), entry, before": "1 stored, 0 sent",
        "async with AsyncSession(), entry, after": "1 stored, 0 sent",
        "async with session.begin(), entry, before": "1 stored, 0 sent",
        "async with session.begin(), entry, after": "1 stored, 0 sent",
        "await session.scalars(), before": "1 stored, 0 sent",
        "await session.scalars(), after": "1 stored, 0 sent",
        "await self._publisher.publish(), before": "1 stored, 0 sent",
        "await self._publisher.publish(), after": "1 stored, 0 sent",
        f"{left}, before": "1 stored, 0 sent",
        f"{left}: COMMIT, before": "1 stored, 0 sent",
        f"{left}: COMMIT, after": "1 stored, 1 sent",
        f"{left}, after": "1 stored, 1 sent",
        "async with AsyncSession(), exit, before": "1 stored, 1 sent",
        "async with AsyncSession(), exit, after": "1 stored, 1 sent",
    }


@pytest.mark.parametrize(
    ("operation", "problem"),
    [
        (f"{ME}:fail", "KeyError: 'till'"),
        (f"{ME}:end_without_a_word", "without a word"),
        (f"{ME}:nothing", "has no attribute 'nothing'"),
        ("tests.nowhere:fail", "No module named 'tests.nowhere'"),
    ],
)
async def test_an_operation_that_fails_by_itself_is_no_outcome(
    crash_points, outbox, operation, problem
):
    with pytest.raises(RuntimeError, match=problem):
        await crash_points(operation, **outbox)


async def test_a_boundary_that_a_run_does_not_pass_is_no_outcome(
    crash_points, asyncpg_url, outbox
):
    await outbox["prepare"]()
    with pytest.raises(RuntimeError, match="did not pass: elsewhere"):
        crash_points._run(
            f"{ME}:store_and_relay", (asyncpg_url,), "elsewhere: COMMIT"
        )


def test_the_server_ends_with_its_standard_input(crash_server):
    command = crash_server.args
    with running(command, cwd=ROOT, stdin=subprocess.PIPE) as server:
        server.stdin.close()
        assert server.wait() == 0
