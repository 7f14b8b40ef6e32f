"""Rebuild: beside the old table, in place of it, whatever happens meanwhile."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Index, MetaData, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.event_driven import projection_rebuild
from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.outbox import append
from snippets.event_driven.projection import daily_sales, run_once
from snippets.event_driven.projection_rebuild import rebuild

MONDAY = date(2026, 11, 23)


@pytest.fixture
async def place(engine):
    async def place():
        event = EventEnvelope(
            type="order.placed",
            subject="order-1",
            data={"total_cents": 100},
            time=datetime(2026, 11, 23, tzinfo=UTC),
        )
        async with AsyncSession(engine) as session, session.begin():
            await append(session, event)

    return place


async def sales(engine):
    async with engine.connect() as connection:
        rows = await connection.execute(select(daily_sales))
        return [tuple(row) for row in rows]


@pytest.fixture
async def wrong(engine, place):
    """Three orders, and a projection whose code had a bug."""
    for _ in range(3):
        await place()
    await run_once(engine)
    async with engine.begin() as connection:
        await connection.execute(daily_sales.update().values(orders=7))


async def test_the_new_table_takes_the_place_of_the_old(engine, wrong):
    await rebuild(engine, daily_sales, limit=2)
    assert await sales(engine) == [(MONDAY, 3, 300)]


async def test_it_can_be_done_before_the_first_event_and_again(engine, place):
    await rebuild(engine, daily_sales)
    await place()
    await rebuild(engine, daily_sales)
    assert await sales(engine) == [(MONDAY, 1, 100)]


async def test_projection_goes_on_where_the_rebuild_stopped(
    engine, wrong, place
):
    await rebuild(engine, daily_sales)
    await place()
    await run_once(engine)
    assert await sales(engine) == [(MONDAY, 4, 400)]


async def test_what_happens_meanwhile_is_counted_once(
    engine, wrong, place, monkeypatch
):
    swap = projection_rebuild.swap

    async def place_and_swap(*arguments):
        await place()
        await run_once(engine)
        await swap(*arguments)

    monkeypatch.setattr(projection_rebuild, "swap", place_and_swap)
    await rebuild(engine, daily_sales)
    assert await sales(engine) == [(MONDAY, 4, 400)]


async def test_a_projector_waits_for_the_swap_and_writes_to_the_new_table(
    engine, wrong, place, until_somebody_waits, monkeypatch
):
    swap, projecting = projection_rebuild.swap, []

    async def swap_while_projecting(*arguments):
        await swap(*arguments)
        await place()
        projecting.append(asyncio.create_task(run_once(engine)))
        await until_somebody_waits()

    monkeypatch.setattr(projection_rebuild, "swap", swap_while_projecting)
    await rebuild(engine, daily_sales)
    assert await projecting[0] == 1
    assert await sales(engine) == [(MONDAY, 4, 400)]


async def test_a_rebuild_that_failed_leaves_the_old_table_and_can_be_repeated(
    engine, wrong, monkeypatch
):
    async def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(projection_rebuild, "swap", killed)
        with pytest.raises(KeyboardInterrupt):
            await rebuild(engine, daily_sales)
    assert await sales(engine) == [(MONDAY, 7, 300)]

    await rebuild(engine, daily_sales)
    assert await sales(engine) == [(MONDAY, 3, 300)]


async def test_a_pooled_connection_reads_the_new_table(
    engine, wrong, asyncpg_url
):
    pooled = create_async_engine(asyncpg_url, pool_size=1, max_overflow=0)
    assert await sales(pooled) == [(MONDAY, 7, 300)]
    await rebuild(engine, daily_sales)
    assert await sales(pooled) == [(MONDAY, 3, 300)]
    await pooled.dispose()


async def test_nothing_is_left_behind(engine, wrong):
    await rebuild(engine, daily_sales)
    async with engine.connect() as connection:
        tables = await connection.scalars(
            text(
                "select relname from pg_class"
                " where relkind = 'r' and relname like 'daily_sales%'"
            )
        )
        readers = await connection.scalars(text("select name from projection"))
        assert tables.all() == readers.all() == ["daily_sales"]


async def test_indexes_keep_the_names_you_gave_them(engine, wrong):
    named = daily_sales.to_metadata(MetaData())
    Index("by_cents", named.c.cents)
    names = text(
        "select indexrelname from pg_stat_user_indexes"
        " where schemaname = 'public' and relname = 'daily_sales' order by 1"
    )
    for _ in range(2):
        await rebuild(engine, named)

    async with engine.connect() as connection:
        indexes = await connection.scalars(names)
        assert indexes.all() == ["by_cents", "daily_sales_pkey"]
    assert await sales(engine) == [(MONDAY, 3, 300)]


async def test_grants_on_the_old_table_go_with_it(engine, wrong):
    grants = text(
        "select count(*) from information_schema.table_privileges"
        " where table_name = 'daily_sales' and grantee = 'PUBLIC'"
    )
    async with engine.begin() as connection:
        await connection.execute(text("grant select on daily_sales to public"))
        assert await connection.scalar(grants) == 1

    await rebuild(engine, daily_sales)

    async with engine.connect() as connection:
        assert await connection.scalar(grants) == 0
