"""Optimistic locking on PostgreSQL: of two conflicting saves, one fails."""

import asyncio

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.code_style.error_outcomes import outcome_of
from snippets.code_style.errors import InsufficientStockError
from snippets.domain_driven_design import (
    optimistic_version,
    optimistic_version_broken,
)
from snippets.domain_driven_design.optimistic_version import (
    ConcurrencyError,
    StockNotFoundError,
    StockRepository,
    conflicts_told,
    reserve,
)
from snippets.domain_driven_design.optimistic_version_orm import StockRow
from tests.support.databases import UNSTORABLE
from tests.support.twins import fix_and_twin


@pytest.fixture
async def engine(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(StockRow.metadata.create_all)
        await connection.execute(
            insert(StockRow).values(sku="MUG", on_hand=1, version=1)
        )
    yield engine
    await engine.dispose()


@pytest.mark.parametrize("pieces", [0, -1])
async def test_less_than_one_piece_cannot_be_reserved(engine, pieces):
    with pytest.raises(ValueError, match="Not a number of pieces"):
        await reserve(engine, "MUG", pieces)
    async with engine.connect() as connection:
        assert (await StockRepository(connection).get("MUG")).on_hand == 1


@fix_and_twin(
    "module",
    optimistic_version,
    optimistic_version_broken,
    "Two customers buy the last mug; one never gets it",
)
async def test_the_last_piece_is_sold_once(engine, module):
    both_have_read = asyncio.Barrier(2)

    async def buy() -> str:
        async with engine.begin() as connection:
            repository = module.StockRepository(connection)
            item = await repository.get("MUG")
            item.reserve(1)
            await both_have_read.wait()
            try:
                await repository.save(item)
            except ConcurrencyError:
                return "refused"
            return "sold"

    outcomes = await asyncio.gather(buy(), buy())

    assert sorted(outcomes) == ["refused", "sold"]


async def test_it_holds_at_the_default_isolation_level(engine):
    async with engine.connect() as connection:
        level = await connection.scalar(text("show transaction_isolation"))
    assert level == "read committed"


async def test_at_repeatable_read_the_database_itself_refuses(engine):
    strict = engine.execution_options(isolation_level="REPEATABLE READ")
    async with strict.connect() as late:
        repository = StockRepository(late)
        item = await repository.get("MUG")
        async with engine.begin() as early:
            first = StockRepository(early)
            await first.save(await first.get("MUG"))
        with pytest.raises(DBAPIError) as refusal:
            await repository.save(item)
    assert refusal.value.orig.sqlstate == "40001"


async def test_saves_one_after_another_succeed(engine):
    async with engine.begin() as connection:
        repository = StockRepository(connection)
        item = await repository.get("MUG")
        item.on_hand = 5
        await repository.save(item)
        item.reserve(2)
        await repository.save(item)
    async with engine.connect() as connection:
        item = await StockRepository(connection).get("MUG")
    assert (item.on_hand, item.version) == (3, 3)


async def test_a_save_leaves_other_articles_alone(engine):
    async with engine.begin() as connection:
        await connection.execute(
            insert(StockRow).values(sku="CUP", on_hand=7, version=1)
        )
    await reserve(engine, "MUG", 1)

    async with engine.connect() as connection:
        cup = await StockRepository(connection).get("CUP")
    assert (cup.on_hand, cup.version) == (7, 1)


async def test_after_a_refusal_the_operation_can_be_repeated(engine):
    async with engine.begin() as connection:
        stale = await StockRepository(connection).get("MUG")
    async with engine.begin() as connection:
        repository = StockRepository(connection)
        fresh = await repository.get("MUG")
        fresh.on_hand = 10
        await repository.save(fresh)

    async with engine.begin() as connection:
        repository = StockRepository(connection)
        with pytest.raises(ConcurrencyError):
            await repository.save(stale)
        again = await repository.get("MUG")
        again.reserve(1)
        await repository.save(again)

    async with engine.connect() as connection:
        item = await StockRepository(connection).get("MUG")
    assert item.on_hand == 9


async def set_stock(engine, on_hand):
    async with engine.begin() as connection:
        await connection.execute(update(StockRow).values(on_hand=on_hand))


async def stock(engine):
    async with engine.connect() as connection:
        return await StockRepository(connection).get("MUG")


async def test_every_buyer_of_five_gets_a_piece_by_the_fifth_attempt(engine):
    await set_stock(engine, 5)

    async with asyncio.TaskGroup() as buyers:
        for _ in range(5):
            buyers.create_task(reserve(engine, "MUG", 1, attempts=5))

    item = await stock(engine)
    assert (item.on_hand, item.version) == (0, 6)


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
async def test_at_stricter_levels_every_buyer_gets_a_piece_too(engine, level):
    await set_stock(engine, 5)
    strict = engine.execution_options(isolation_level=level)

    async with asyncio.TaskGroup() as buyers:
        for _ in range(5):
            buyers.create_task(reserve(strict, "MUG", 1, attempts=5))

    item = await stock(engine)
    assert (item.on_hand, item.version) == (0, 6)


async def test_a_conflict_that_the_database_refuses_is_told(engine):
    strict = engine.execution_options(isolation_level="REPEATABLE READ")

    async def decide_late():
        with conflicts_told():
            async with strict.begin() as late, engine.connect() as early:
                item = await StockRepository(late).get("MUG")
                first = StockRepository(early)
                await first.save(await first.get("MUG"))
                await early.commit()
                await StockRepository(late).save(item)

    with pytest.raises(ConcurrencyError) as refusal:
        await decide_late()
    assert refusal.value.__cause__.orig.sqlstate == "40001"


async def test_what_is_no_conflict_is_not_told_as_one(engine):
    async with engine.begin() as connection:
        await connection.execute(text("drop table stock"))
    with pytest.raises(DBAPIError) as refusal:
        await reserve(engine, "MUG", 1)
    assert refusal.value.orig.sqlstate == "42P01"


async def test_a_repeated_attempt_decides_on_fresh_data(engine):
    outcomes = await asyncio.gather(
        reserve(engine, "MUG", 1),
        reserve(engine, "MUG", 1),
        return_exceptions=True,
    )

    assert outcomes.count(None) == 1
    assert [type(o) for o in outcomes if o] == [InsufficientStockError]


@pytest.mark.parametrize(
    ("attempts", "made"),
    [
        ({"attempts": 2}, 2),
        ({"attempts": 1}, 1),
        ({"attempts": 0}, 1),
        ({}, 3),
    ],
)
async def test_attempts_end_and_the_conflict_is_told(
    engine, monkeypatch, attempts, made
):
    read = StockRepository.get

    async def get_and_be_overtaken(self, sku):
        item = await read(self, sku)
        async with engine.begin() as faster:
            await faster.execute(
                update(StockRow).values(version=StockRow.version + 1)
            )
        return item

    monkeypatch.setattr(StockRepository, "get", get_and_be_overtaken)
    with pytest.raises(ConcurrencyError):
        await reserve(engine, "MUG", 1, **attempts)
    monkeypatch.undo()

    item = await stock(engine)
    assert (item.on_hand, item.version) == (1, 1 + made)


async def test_one_conditional_update_needs_no_version(engine):
    """What the page advises for a hot row."""
    take_one = (
        update(StockRow)
        .where(StockRow.sku == "MUG", StockRow.on_hand >= 1)
        .values(on_hand=StockRow.on_hand - 1)
    )

    async def buy() -> int:
        async with engine.begin() as connection:
            return (await connection.execute(take_one)).rowcount

    assert sorted(await asyncio.gather(buy(), buy(), buy())) == [0, 0, 1]


async def test_no_more_is_sold_than_is_there(engine):
    async with engine.connect() as connection:
        item = await StockRepository(connection).get("MUG")
    with pytest.raises(InsufficientStockError, match="Only 1 of MUG left"):
        item.reserve(2)


@pytest.mark.parametrize(
    "module", [optimistic_version, optimistic_version_broken]
)
async def test_an_unknown_article_is_not_found(engine, module):
    async with engine.connect() as connection:
        with pytest.raises(StockNotFoundError, match="no CUP"):
            await module.StockRepository(connection).get("CUP")


@pytest.mark.parametrize("sku", UNSTORABLE)
async def test_what_no_table_can_name_is_not_found(engine, sku):
    with pytest.raises(StockNotFoundError):
        await optimistic_version.reserve(engine, sku, 1)


@pytest.mark.parametrize(
    ("error", "status"), [(StockNotFoundError, 404), (ConcurrencyError, 409)]
)
def test_its_errors_are_of_the_families_that_callers_are_told(error, status):
    assert outcome_of(error("MUG")).status == status
