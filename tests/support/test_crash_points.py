"""The crash-point harness: it finds every boundary and dies at each."""

import ast
import asyncio
import re
import signal
import subprocess
from collections import Counter
from contextlib import asynccontextmanager

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from guide.evidence.crash_points import UNDISTURBED
from guide.layout import ROOT
from snippets.code_style.error_translation import PostgresShelf
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


async def stock_and_reserve(asyncpg_url):
    """What a child does: pieces come in, and some are reserved."""
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.execute(text("insert into shelf values ('TEA', 3)"))
    await PostgresShelf(engine).reserve("TEA", 2)


async def fail():
    raise KeyError("till")


async def end_without_a_word():
    signal.raise_signal(signal.SIGALRM)


@pytest.fixture
def shelf(postgres_url):
    """Makes the table anew; tells how many pieces are left on it."""

    async def prepare():
        with psycopg.connect(postgres_url) as connection:
            connection.execute("drop table if exists shelf")
            connection.execute(
                "create table shelf (sku text primary key, available int)"
            )

    async def settle():
        with psycopg.connect(postgres_url) as connection:
            query = "select coalesce(sum(available), 0) from shelf"
            return f"{connection.execute(query).fetchone()[0]} left"

    return {"prepare": prepare, "settle": settle}


async def test_a_child_dies_at_every_boundary_of_an_undisturbed_run(
    crash_points, asyncpg_url, shelf
):
    outcomes = await crash_points(
        f"{ME}:stock_and_reserve", asyncpg_url, **shelf
    )

    reserve = {
        re.sub(r"error_translation.PostgresShelf.reserve:\d+ ", "", name): left
        for name, left in outcomes.items()
    }
    begin = "async with self._engine.begin()"
    assert reserve == {
        UNDISTURBED: "1 left",
        "elsewhere: COMMIT, before": "0 left",
        "elsewhere: COMMIT, after": "3 left",
        f"{begin}, entry, before": "3 left",
        f"{begin}, entry, after": "3 left",
        "await connection.scalar(), before": "3 left",
        "await connection.scalar(), after": "3 left",
        f"{begin}, exit, before": "3 left",
        f"{begin}, exit: COMMIT, before": "3 left",
        f"{begin}, exit: COMMIT, after": "1 left",
        f"{begin}, exit, after": "1 left",
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
    crash_points, shelf, operation, problem
):
    with pytest.raises(RuntimeError, match=problem):
        await crash_points(operation, **shelf)


async def test_a_boundary_that_a_run_does_not_pass_is_no_outcome(
    crash_points, asyncpg_url, shelf
):
    await shelf["prepare"]()
    with pytest.raises(RuntimeError, match="did not pass: elsewhere"):
        crash_points._run(
            f"{ME}:stock_and_reserve", (asyncpg_url,), "elsewhere: COMMIT"
        )


def test_the_server_ends_with_its_standard_input(crash_server):
    command = crash_server.args
    with running(command, cwd=ROOT, stdin=subprocess.PIPE) as server:
        server.stdin.close()
        assert server.wait() == 0
