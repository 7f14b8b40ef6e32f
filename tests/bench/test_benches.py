"""Each bench runs, its ways do the same, and it is what was recorded."""

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from guide.evidence.bench import load
from guide.layout import benches
from tests.bench.__main__ import find, run

SMALL = 0.02
every_bench = pytest.mark.parametrize("name", benches())


@pytest.fixture
def sent():
    """The statements that SQLAlchemy sends, of whatever engine."""
    found = []

    def note(_connection, _cursor, statement, *_):
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


@every_bench
async def test_its_ways_come_to_the_same(name, postgres_url):
    record = await run(name, postgres_url, rounds=2, scale=SMALL)

    assert record.environment.postgresql
    for case in record.cases:
        assert record.baseline in case.seconds
        assert {len(taken) for taken in case.seconds.values()} == {2}


@every_bench
async def test_what_was_recorded_is_what_it_says_now(name, postgres_url):
    record, bench = load(name), find(name)
    if record is None:
        return  # its page says so
    assert (record.title, record.what, record.baseline, record.per_second) == (
        bench.title,
        bench.what,
        bench.baseline,
        bench.per_second,
    )
    async with bench.tasks(postgres_url, SMALL) as tasks:
        assert [(case.label, [*case.seconds]) for case in record.cases] == [
            (task.label, [*task.ways]) for task in tasks
        ]


async def test_the_name_of_no_host_is_recorded(postgres_url):
    record = await run("n-plus-one", postgres_url, rounds=2, scale=SMALL)
    assert vars(record.environment).keys() == {
        *("python", "postgresql", "libraries", "processors"),
        *("load", "settings"),
    }


async def statements(name, url, sent):
    """How many each way of each task sends."""
    async with find(name).tasks(url, SMALL) as tasks:
        for task in tasks:
            for way, do in task.ways.items():
                if task.before:
                    await task.before()
                sent.clear()
                await do()
                yield task.label, way, [*sent]


async def test_n_plus_one_sends_so_many(postgres_url, sent):
    counts = {
        (label, way): len(found)
        async for label, way, found in statements(
            "n-plus-one", postgres_url, sent
        )
    }
    assert counts == {
        ("10 invoices", "a query each"): 11,
        ("10 invoices", "joinedload"): 1,
        ("10 invoices", "selectinload"): 2,
        ("100 invoices", "a query each"): 101,
        ("100 invoices", "joinedload"): 1,
        ("100 invoices", "selectinload"): 2,
    }


async def test_bulk_insert_sends_one_statement_and_row_by_row_one_each(
    postgres_url, sent
):
    counts = {
        way: len(found)
        async for label, way, found in statements(
            "bulk-insert", postgres_url, sent
        )
        if label == "1,000 rows"
    }
    assert counts == {
        "row by row": 1_000 * SMALL,
        "bulk insert": 1,
        "COPY": 1,  # with which the driver begins a transaction
    }


async def test_a_unit_of_work_sends_what_a_plain_session_sends(
    postgres_url, sent
):
    found = [
        (label, found)
        async for label, _, found in statements(
            "unit-of-work", postgres_url, sent
        )
    ]
    assert found[0] == found[1]
    assert found[2] == found[3]


async def test_the_same_sql_is_sent_as_the_shop_sends(postgres_url, sent):
    found = {
        way: found
        async for label, way, found in statements(
            "placed-orders", postgres_url, sent
        )
        if label == "1 at a time"
    }
    assert found["same SQL by SQLAlchemy"] == found["the shop"]
    assert found["bare asyncpg"] == []
