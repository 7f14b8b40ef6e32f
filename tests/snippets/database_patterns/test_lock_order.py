"""Several rows at once: opposite orders, too few of one, hostile carts."""

import asyncio

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.code_style.errors import InsufficientStockError
from snippets.database_patterns import lock_order, lock_order_broken
from snippets.database_patterns.serialization_retry import in_transaction
from snippets.domain_driven_design.optimistic_version import (
    StockNotFoundError,
)
from snippets.domain_driven_design.row_lock import HotStockRow
from tests.support.databases import UNSTORABLE
from tests.support.twins import fix_and_twin
from tests.support.until import async_until

both = pytest.mark.parametrize("module", [lock_order, lock_order_broken])
WAITING = text(
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock'"
)


@pytest.fixture(autouse=True)
async def stock(engine):
    async with AsyncSession(engine) as session, session.begin():
        session.add(HotStockRow(sku="CUP", on_hand=10))
        session.add(HotStockRow(sku="MUG", on_hand=10))


async def on_hand(engine):
    async with AsyncSession(engine) as session:
        rows = await session.scalars(
            select(HotStockRow).order_by(HotStockRow.sku)
        )
        return {row.sku: row.on_hand for row in rows}


@pytest.fixture
def each_has_a_lock_or_waits(engine):
    """Whoever has locked goes on once the other has, or waits for a lock."""
    lockers = set()

    async def until_both_are_there(_):
        async def there():
            async with engine.connect() as connection:
                return len(lockers) >= 2 or await connection.scalar(WAITING)

        await async_until(there)

    def after_lock(connection, cursor, statement, *_):
        driver = connection.connection.dbapi_connection
        if "FOR NO KEY UPDATE" in statement or "FOR UPDATE" in statement:
            lockers.add(driver)
            driver.run_async(until_both_are_there)

    event.listen(engine.sync_engine, "after_cursor_execute", after_lock)


@fix_and_twin(
    "module",
    lock_order,
    lock_order_broken,
    "Of two customers with the same cart, one gets a 500: deadlock detected",
    raises=DBAPIError,
    match="deadlock detected",
)
async def test_two_carts_in_opposite_orders_are_both_served(
    engine, each_has_a_lock_or_waits, module
):
    async def buy(*skus):
        async with AsyncSession(engine) as session, session.begin():
            await module.reserve_cart(session, dict.fromkeys(skus, 1))

    outcomes = await asyncio.gather(
        buy("MUG", "CUP"), buy("CUP", "MUG"), return_exceptions=True
    )
    for error in filter(None, outcomes):
        assert error.orig.sqlstate == "40P01"
        raise error

    assert await on_hand(engine) == {"CUP": 8, "MUG": 8}


async def test_run_again_a_deadlock_is_no_error(
    engine, each_has_a_lock_or_waits
):
    """The second that PostgreSQL took to find it was lost all the same."""
    runs = []

    def buy(*skus):
        async def work(session):
            runs.append(skus)
            await lock_order_broken.reserve_cart(
                session, dict.fromkeys(skus, 1)
            )

        return in_transaction(engine, work, "READ COMMITTED")

    await asyncio.gather(buy("MUG", "CUP"), buy("CUP", "MUG"))

    assert len(runs) == 3
    assert await on_hand(engine) == {"CUP": 8, "MUG": 8}


@both
async def test_one_cart_after_the_other_is_served(engine, module):
    for skus in (["MUG", "CUP"], ["CUP", "MUG"]):
        async with AsyncSession(engine) as session, session.begin():
            await module.reserve_cart(session, dict.fromkeys(skus, 3))

    assert await on_hand(engine) == {"CUP": 4, "MUG": 4}


async def test_rows_are_locked_after_they_were_sorted(engine):
    """Whatever the order in which they were found."""
    statements = []
    event.listen(
        engine.sync_engine,
        "before_cursor_execute",
        lambda *arguments: statements.append(arguments[2:4]),
    )
    async with AsyncSession(engine) as session:
        await lock_order.reserve_cart(session, {"MUG": 1, "CUP": 1})
        (locking,) = [each for each in statements if "FOR NO" in each[0]]
        connection = await session.connection()
        plan = await connection.exec_driver_sql(
            f"EXPLAIN {locking[0]}", locking[1]
        )
        steps = [step for (step,) in plan]

    assert steps[0].startswith("LockRows")
    assert "Sort" in steps[1] or "Index Scan" in steps[1]


@pytest.mark.parametrize("read_first", [True, False])
async def test_one_flush_writes_in_the_order_of_keys(engine, read_first):
    """A query between two changes makes two flushes of them."""
    written = []

    def before_execute(connection, cursor, statement, parameters, *_):
        if statement.startswith("UPDATE"):
            written.append(str(parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", before_execute)
    async with AsyncSession(engine) as session, session.begin():
        if read_first:
            _kept = list(await session.scalars(select(HotStockRow)))
        for sku in ("MUG", "CUP"):
            (await session.get_one(HotStockRow, sku)).on_hand -= 1

    parameters = " ".join(written)
    sorted_ = parameters.index("CUP") < parameters.index("MUG")
    assert sorted_ is read_first


async def test_who_catches_the_error_and_commits_has_taken_nothing(engine):
    async with AsyncSession(engine) as session, session.begin():
        with pytest.raises(InsufficientStockError, match="Only 10 of MUG"):
            await lock_order.reserve_cart(session, {"CUP": 1, "MUG": 11})

    assert await on_hand(engine) == {"CUP": 10, "MUG": 10}


async def test_what_the_session_had_read_is_read_again(engine):
    async with AsyncSession(engine) as session, session.begin():
        read = await session.get_one(HotStockRow, "MUG")
        async with AsyncSession(engine) as other, other.begin():
            await lock_order.reserve_cart(other, {"MUG": 9})
        with pytest.raises(InsufficientStockError, match="Only 1 of MUG"):
            await lock_order.reserve_cart(session, {"MUG": 2})
        assert read.on_hand == 1


async def test_all_that_is_there_can_be_taken(engine):
    async with AsyncSession(engine) as session, session.begin():
        await lock_order.reserve_cart(session, {"MUG": 10})
    assert await on_hand(engine) == {"CUP": 10, "MUG": 0}


async def test_only_what_is_in_the_cart_is_locked(engine):
    cup = select(HotStockRow).filter_by(sku="CUP")
    async with AsyncSession(engine) as session:
        await lock_order.reserve_cart(session, {"MUG": 1})
        async with AsyncSession(engine) as other:
            assert await other.scalar(cup.with_for_update(nowait=True))


async def test_what_is_not_sold_is_named(engine):
    async with AsyncSession(engine) as session, session.begin():
        with pytest.raises(StockNotFoundError, match="no ADZE, POT"):
            await lock_order.reserve_cart(
                session, {"POT": 1, "MUG": 1, "ADZE": 1}
            )


@pytest.mark.parametrize("sku", UNSTORABLE)
async def test_what_no_table_can_name_is_not_found(engine, sku):
    async with AsyncSession(engine) as session, session.begin():
        with pytest.raises(StockNotFoundError):
            await lock_order.reserve_cart(session, {"MUG": 1, sku: 1})


@pytest.mark.parametrize("wanted", [0, -1])
async def test_a_reservation_adds_nothing(engine, wanted):
    async with AsyncSession(engine) as session:
        with pytest.raises(ValueError, match="Not numbers of pieces"):
            await lock_order.reserve_cart(session, {"CUP": 1, "MUG": wanted})


async def test_an_empty_cart_takes_nothing(engine):
    async with AsyncSession(engine) as session, session.begin():
        await lock_order.reserve_cart(session, {})

    assert await on_hand(engine) == {"CUP": 10, "MUG": 10}
