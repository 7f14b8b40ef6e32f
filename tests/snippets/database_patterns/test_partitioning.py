"""Partitions: made ahead, pruned, dropped beside readers, interrupted."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.code_style.clock import FixedClock
from snippets.database_patterns import (
    partitioning,
    partitioning_broken,
    partitioning_delete_broken,
)
from snippets.database_patterns.partitioning import (
    ProductViewRow,
    drop_partitions,
    ensure_partitions,
)
from tests.support.twins import fix_and_twin
from tests.support.until import async_until

NOVEMBER = datetime(2026, 11, 27, 12, 34, 56, 789, tzinfo=UTC)
JANUARY = datetime(2027, 1, 1, tzinfo=UTC)


async def see(engine, *moments, sku="MUG"):
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(text("set local lock_timeout = '100ms'"))
        for moment in moments:
            session.add(ProductViewRow(seen_at=moment, sku=sku))


async def partitions(engine):
    async with engine.connect() as connection:
        return {
            name.removeprefix("product_views_"): pending
            for name, pending in await connection.execute(
                partitioning.PARTITIONS
            )
        }


async def where(engine, moment):
    query = text(
        "select tableoid::regclass::text from product_views"
        " where seen_at = :moment"
    )
    async with engine.connect() as connection:
        return await connection.scalar(query, {"moment": moment})


async def seen(engine):
    async with AsyncSession(engine) as session:
        return await session.scalar(select(func.count(ProductViewRow.id)))


@fix_and_twin(
    "module",
    partitioning,
    partitioning_broken,
    "On the first of the month, nothing can be stored",
    raises=IntegrityError,
    match="no partition of relation",
)
async def test_the_next_month_finds_its_partition(engine, module):
    clock = FixedClock(NOVEMBER)
    await module.ensure_partitions(engine, clock.now())
    await see(engine, clock.now())
    clock.advance(timedelta(days=4))
    await see(engine, clock.now())


@pytest.mark.parametrize("module", [partitioning, partitioning_broken])
async def test_run_again_it_changes_nothing(engine, module):
    for _ in range(2):
        await module.ensure_partitions(engine, NOVEMBER)
    await see(engine, NOVEMBER)
    assert await where(engine, NOVEMBER) == "product_views_2026_11"


async def test_there_are_three_months_to_come(engine):
    await ensure_partitions(engine, NOVEMBER)
    assert list(await partitions(engine)) == [
        "2026_11",
        "2026_12",
        "2027_01",
        "2027_02",
    ]
    await ensure_partitions(engine, JANUARY, months_ahead=2)
    assert list(await partitions(engine))[-2:] == ["2027_02", "2027_03"]


async def test_months_are_those_of_utc_whatever_the_session_s_zone(engine):
    moscow = create_async_engine(
        engine.url,
        connect_args={"server_settings": {"timezone": "Europe/Moscow"}},
    )
    await ensure_partitions(moscow, NOVEMBER)
    await moscow.dispose()
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    last = datetime(2026, 11, 30, 23, 59, 59, 999999, tzinfo=UTC)
    first = last + timedelta(microseconds=1)
    await see(engine, begin, last, first)

    assert await where(engine, begin) == "product_views_2026_11"
    assert await where(engine, last) == "product_views_2026_11"
    assert await where(engine, first) == "product_views_2026_12"


async def test_two_at_once_make_them_once(engine):
    await asyncio.gather(
        *(ensure_partitions(engine, NOVEMBER) for _ in range(5))
    )
    assert len(await partitions(engine)) == 4


@pytest.mark.parametrize(
    ("way", "waits"), [("ours", False), ("PARTITION OF", True)]
)
async def test_a_new_partition_holds_up_no_reader(engine, way, waits):
    await ensure_partitions(engine, NOVEMBER, months_ahead=0)
    async with engine.connect() as reader:
        await reader.execute(text("select count(*) from product_views"))
        impatient = create_async_engine(
            engine.url,
            connect_args={"server_settings": {"lock_timeout": "100ms"}},
        )
        if way == "ours":
            making = ensure_partitions(impatient, NOVEMBER)
        else:
            making = partitioning_broken.ensure_partitions(impatient, JANUARY)
        (outcome,) = await asyncio.gather(making, return_exceptions=True)
        await impatient.dispose()

    assert (outcome is not None) is waits


async def test_a_key_without_what_partitions_is_refused(engine):
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="must include all partitioning"):
            await connection.execute(
                text("create unique index on product_views (sku)")
            )


async def test_each_partition_has_the_indexes_of_the_table(engine):
    await ensure_partitions(engine, NOVEMBER, months_ahead=0)
    query = text(
        "select tablename, indexname from pg_indexes"
        " where indexdef like '%(sku, seen_at)' order by 1"
    )
    async with engine.connect() as connection:
        found = [tuple(row) for row in await connection.execute(query)]

    assert found == [
        ("product_views", "ix_product_views_sku"),
        ("product_views_2026_11", "product_views_2026_11_sku_seen_at_idx"),
    ]


async def explained(engine, condition):
    async with engine.connect() as connection:
        plan = await connection.scalars(
            text(f"explain select * from product_views where {condition}")
        )
        return "".join(plan)


async def test_a_query_with_a_time_reads_the_partitions_of_that_time(engine):
    await ensure_partitions(engine, NOVEMBER)
    plan = await explained(
        engine, "seen_at >= '2026-12-24+00' and seen_at < '2026-12-25+00'"
    )
    assert "product_views_2026_12" in plan
    assert plan.count("product_views_20") == plan.count("product_views_2026_12")


async def test_a_query_without_a_time_reads_them_all(engine):
    await ensure_partitions(engine, NOVEMBER)
    plan = await explained(engine, "sku = 'MUG'")
    assert all(f"_{month}" in plan for month in await partitions(engine))


@pytest.fixture
async def filled(engine):
    """Some thousand rows in each of two months; nobody cleans up meanwhile."""
    await ensure_partitions(engine, NOVEMBER)
    async with engine.begin() as connection:
        for month in await partitions(engine):
            await connection.execute(
                text(
                    f"alter table product_views_{month}"
                    " set (autovacuum_enabled = false)"
                )
            )
        for moment in (NOVEMBER, JANUARY):
            await connection.execute(
                insert(ProductViewRow).from_select(
                    ["seen_at", "sku"],
                    select(text(f"'{moment}'::timestamptz, 'MUG'")).select_from(
                        func.generate_series(1, 3000)
                    ),
                )
            )


async def size(engine):
    query = text(
        "select sum(pg_total_relation_size(relid))"
        " from pg_partition_tree('product_views') where isleaf"
    )
    async with engine.connect() as connection:
        return await connection.scalar(query)


@fix_and_twin(
    "module",
    partitioning,
    partitioning_delete_broken,
    "The old rows are gone, and the disk is as full as before",
)
async def test_what_is_dropped_gives_its_space_back(engine, filled, module):
    before = await size(engine)
    await module.drop_partitions(engine, JANUARY)

    assert await seen(engine) == 3000
    assert 10 * await size(engine) < 6 * before


@pytest.mark.parametrize("module", [partitioning, partitioning_delete_broken])
async def test_either_way_what_is_newer_stays(engine, filled, module):
    await module.drop_partitions(engine, NOVEMBER - timedelta(days=1))
    assert await seen(engine) == 6000
    await module.drop_partitions(engine, JANUARY)
    assert await seen(engine) == 3000


@pytest.mark.parametrize(
    ("before", "left"),
    [
        (datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), 4),
        (datetime(2026, 12, 1, tzinfo=UTC), 3),
        (datetime(2026, 12, 31, tzinfo=UTC), 3),
        (datetime(2030, 1, 1, tzinfo=UTC), 0),
    ],
)
async def test_a_month_goes_when_all_of_it_is_old(engine, before, left):
    await ensure_partitions(engine, NOVEMBER)
    await drop_partitions(engine, before)
    assert len(await partitions(engine)) == left


async def test_a_time_without_a_zone_is_refused(engine):
    naive = datetime(2026, 11, 27)  # noqa: DTZ001 - the point
    with pytest.raises(ValueError, match="no time zone"):
        await ensure_partitions(engine, naive)
    await ensure_partitions(engine, NOVEMBER)
    with pytest.raises(ValueError, match="no time zone"):
        await drop_partitions(engine, naive)


@pytest.fixture
async def waiting_for_a_reader(engine):
    """A drop that waits for a reader; the two of them."""
    await ensure_partitions(engine, NOVEMBER)
    await see(engine, NOVEMBER)
    async with engine.connect() as reader:
        await reader.execute(text("select count(*) from product_views"))
        dropping = asyncio.create_task(drop_partitions(engine, JANUARY))

        async def begun():
            return (await partitions(engine)).get("2026_11")

        await async_until(begun)
        yield dropping, reader
        await reader.rollback()
        with suppress(asyncio.CancelledError):
            await dropping


async def test_while_it_waits_for_a_reader_others_read_and_write(
    engine, waiting_for_a_reader
):
    dropping, reader = waiting_for_a_reader
    await see(engine, JANUARY)
    assert await seen(engine) == 1

    await reader.rollback()
    await dropping
    assert list(await partitions(engine)) == ["2027_01", "2027_02"]


async def test_interrupted_it_goes_on_when_called_again(
    engine, waiting_for_a_reader
):
    dropping, reader = waiting_for_a_reader
    dropping.cancel()
    with suppress(asyncio.CancelledError):
        await dropping
    assert (await partitions(engine))["2026_11"] is True

    await reader.rollback()
    await drop_partitions(engine, JANUARY)
    assert list(await partitions(engine)) == ["2027_01", "2027_02"]


async def test_what_was_detached_and_not_dropped_is_dropped(engine):
    await ensure_partitions(engine, NOVEMBER)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "alter table product_views"
                " detach partition product_views_2026_11"
            )
        )
    assert (await partitions(engine))["2026_11"] is None

    await drop_partitions(engine, JANUARY)
    assert list(await partitions(engine)) == ["2027_01", "2027_02"]


async def test_a_default_partition_is_in_the_way(engine):
    """Of the next month, once it has its rows; and of detaching, always."""
    await ensure_partitions(engine, NOVEMBER, months_ahead=0)
    async with engine.begin() as connection:
        await connection.execute(
            text("create table others partition of product_views default")
        )
    await see(engine, JANUARY)

    with pytest.raises(DBAPIError, match=r"default partition .* violated"):
        await ensure_partitions(engine, NOVEMBER)
    with pytest.raises(DBAPIError, match="when a default partition exists"):
        await drop_partitions(engine, JANUARY)


async def test_autogenerate_would_drop_what_the_models_do_not_know(engine):
    await ensure_partitions(engine, NOVEMBER)

    def differences(connection):
        context = MigrationContext.configure(connection)
        return compare_metadata(context, ProductViewRow.metadata)

    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    dropped = {item[1].name for item in found if item[0] == "remove_table"}
    assert dropped >= {"product_views_2026_11", "product_views_2027_02"}
