"""Rebuild: beside the old table, in place of it, whatever happens meanwhile."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import (
    Column,
    Index,
    MetaData,
    Text,
    func,
    select,
    text,
    update,
)
from sqlalchemy.exc import NoResultFound, NotSupportedError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.domain_driven_design.persistence import Base
from snippets.event_driven import projection_rebuild
from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.outbox import OutboxRow, append
from snippets.event_driven.outbox_prune import (
    IncompleteLogError,
    LogReaderRow,
    prune,
)
from snippets.event_driven.projection import (
    UnreadEventRow,
    daily_sales,
    run_once,
)
from snippets.event_driven.projection_rebuild import rebuild

MONDAY = date(2026, 11, 23)


async def placed(engine):
    event = EventEnvelope(
        type="order.placed",
        subject="order-1",
        data={"total_cents": 100},
        time=datetime(2026, 11, 23, tzinfo=UTC),
    )
    async with AsyncSession(engine) as session, session.begin():
        await append(session, event)


@pytest.fixture
def place(engine):
    return partial(placed, engine)


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
        readers = await connection.scalars(text("select name from log_reader"))
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


SCHEMA = "Our App"  # one that must be quoted


@pytest.fixture
async def in_schema(engine, asyncpg_url):
    """A service that lives in a schema of its own, by ``search_path``."""
    async with engine.begin() as connection:
        await connection.execute(text("drop table daily_sales"))
        await connection.execute(
            text("create table daily_sales as select 'not yours' as note")
        )
        await connection.execute(text(f'create schema "{SCHEMA}"'))
    there = create_async_engine(
        asyncpg_url,
        connect_args={
            "server_settings": {"search_path": f'"{SCHEMA}", public'}
        },
    )
    async with there.begin() as connection:
        await connection.run_sync(
            partial(Base.metadata.create_all, checkfirst=False)
        )
    yield there
    await there.dispose()


async def test_a_service_in_a_schema_rebuilds_its_own_table(engine, in_schema):
    await placed(in_schema)
    await run_once(in_schema)
    async with in_schema.begin() as connection:
        await connection.execute(daily_sales.update().values(orders=7))

    await rebuild(in_schema, daily_sales)
    await placed(in_schema)
    await run_once(in_schema)

    assert await sales(in_schema) == [(MONDAY, 2, 200)]
    async with engine.connect() as connection:
        assert await connection.scalar(
            text("select note from public.daily_sales")
        )
        assert await connection.scalar(
            text(f'select orders from "{SCHEMA}".daily_sales')
        )


async def test_a_table_that_names_its_schema_is_rebuilt_there(
    engine, in_schema
):
    named = daily_sales.to_metadata(MetaData(), schema=SCHEMA)
    await placed(in_schema)
    await rebuild(in_schema, named)

    async with engine.connect() as connection:
        rows = await connection.execute(select(named))
        assert [tuple(row) for row in rows] == [(MONDAY, 1, 100)]


async def test_a_table_of_the_same_name_in_another_rebuild_is_left_alone(
    engine, in_schema
):
    """Two services share the database; neither drops what the other fills."""
    async with engine.begin() as connection:
        await connection.execute(text("create schema rebuild_public"))
        await connection.execute(
            text("create table rebuild_public.daily_sales (theirs int)")
        )
    await placed(in_schema)
    await rebuild(in_schema, daily_sales)

    async with engine.connect() as connection:
        await connection.execute(
            text("select theirs from rebuild_public.daily_sales")
        )


async def test_where_there_is_no_table_nothing_is_rebuilt(engine):
    missing = daily_sales.to_metadata(MetaData(), name="weekly_sales")
    with pytest.raises(NoResultFound):
        await rebuild(engine, missing)


async def test_a_name_that_must_be_quoted_is(engine, place):
    odd = daily_sales.to_metadata(MetaData(), name='Sales "by day"; drop')
    async with engine.begin() as connection:
        await connection.run_sync(odd.create)
    await place()
    await rebuild(engine, odd)
    async with engine.connect() as connection:
        rows = await connection.execute(select(odd))
        assert [tuple(row) for row in rows] == [(MONDAY, 1, 100)]


async def test_of_two_rebuilds_at_once_the_table_comes_out_right(engine, wrong):
    outcomes = await asyncio.gather(
        *(rebuild(engine, daily_sales, limit=1) for _ in range(3)),
        return_exceptions=True,
    )
    assert None in outcomes
    assert await sales(engine) == [(MONDAY, 3, 300)]


async def test_a_log_without_its_beginning_rebuilds_nothing(
    engine, wrong, place
):
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(update(OutboxRow).values(published_at=func.now()))
    async with AsyncSession(engine) as session, session.begin():
        await prune(session, datetime.now(UTC) + timedelta(days=1))
    await place()

    with pytest.raises(IncompleteLogError, match="3 events"):
        await rebuild(engine, daily_sales)
    await run_once(engine)
    assert await sales(engine) == [(MONDAY, 8, 400)]


async def test_while_it_runs_nothing_that_it_needs_is_pruned(
    engine, wrong, monkeypatch
):
    number_committed = projection_rebuild.number_committed

    async def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(projection_rebuild, "swap", killed)
        with pytest.raises(KeyboardInterrupt):
            await rebuild(engine, daily_sales, limit=2)
    await number_committed(engine)
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(update(OutboxRow).values(published_at=func.now()))
        await session.execute(
            update(LogReaderRow)
            .where(LogReaderRow.name == "rebuild_public.daily_sales")
            .values(batch=0)
        )
    async with AsyncSession(engine) as session, session.begin():
        await prune(session, datetime.now(UTC) + timedelta(days=1))

    await rebuild(engine, daily_sales)
    assert await sales(engine) == [(MONDAY, 3, 300)]


async def test_what_the_old_code_could_not_read_the_new_may(engine, place):
    await place()
    async with AsyncSession(engine) as session, session.begin():
        event = EventEnvelope(type="order.placed", subject="order-2", data={})
        await append(session, event)
        session.add(UnreadEventRow(reader="daily_sales", position=1, error=""))

    await rebuild(engine, daily_sales)

    async with AsyncSession(engine) as session:
        unread = await session.scalars(select(UnreadEventRow))
        assert [(row.reader, row.position) for row in unread] == [
            ("daily_sales", 2)
        ]


async def test_a_statement_prepared_with_a_star_fails_once(
    engine, wrong, asyncpg_url
):
    """Naming columns, as above, it does not."""
    wider = daily_sales.to_metadata(MetaData())
    wider.append_column(Column("note", Text))
    star = text("select * from daily_sales")
    pooled = create_async_engine(asyncpg_url, pool_size=1, max_overflow=0)
    async with pooled.connect() as connection:
        await connection.execute(star)

    await rebuild(engine, wider)

    with pytest.raises(NotSupportedError, match="cached statement plan"):
        async with pooled.connect() as connection:
            await connection.execute(star)
    assert await sales(pooled) == [(MONDAY, 3, 300)]
    async with pooled.connect() as connection:
        assert (await connection.execute(star)).one()[3:] == (None,)
    await pooled.dispose()
