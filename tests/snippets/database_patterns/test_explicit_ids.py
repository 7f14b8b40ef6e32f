"""Explicit ids: what comes after the import has a number of its own."""

import asyncio

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.database_patterns import explicit_ids, explicit_ids_broken
from snippets.database_patterns.explicit_ids import (
    SupplierRow,
    import_suppliers,
)
from tests.support.twins import fix_and_twin
from tests.support.until import async_until


@pytest.fixture
def module():
    return explicit_ids


@pytest.fixture
async def at(asyncpg_url, module):
    """A database with the module's table."""
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(module.SupplierRow.metadata.create_all)
    yield engine
    await engine.dispose()


async def add(session, module, name="New"):
    row = module.SupplierRow(name=name)
    session.add(row)
    await session.flush()
    return row.id


@fix_and_twin(
    "module",
    explicit_ids,
    explicit_ids_broken,
    "The first new supplier after the import answers 500: duplicate key value "
    "violates unique constraint suppliers_pkey",
    raises=IntegrityError,
    match="suppliers_pkey",
)
async def test_the_next_one_has_the_next_number(at, module):
    async with AsyncSession(at) as session:
        await module.import_suppliers(session, {2: "Tea & Co", 1: "Potter"})

        assert await add(session, module) == 3


@pytest.mark.parametrize("module", [explicit_ids, explicit_ids_broken])
async def test_each_is_stored_by_its_number(at, module):
    names = {7: "Tea & Co", 40: "Potter"}
    async with AsyncSession(at) as session:
        await module.import_suppliers(session, names)

        rows = await session.scalars(select(module.SupplierRow))
        assert {row.id: row.name for row in rows} == names


async def test_a_sequence_that_is_ahead_stays_ahead(at):
    async with AsyncSession(at) as session:
        for _ in range(5):
            last = await add(session, explicit_ids)
        await session.delete(await session.get_one(SupplierRow, last))
        await import_suppliers(session, {-1: "Older than the shop"})

        assert await add(session, explicit_ids) > last


async def test_without_names_nothing_is_done(at):
    async with AsyncSession(at) as session:
        await import_suppliers(session, {})

        assert await add(session, explicit_ids) == 1


async def test_whoever_does_not_insist_is_refused(at):
    async with AsyncSession(at) as session:
        with pytest.raises(DBAPIError, match="non-DEFAULT value into column"):
            await session.execute(
                insert(SupplierRow), [{"id": 7, "name": "Potter"}]
            )


async def test_a_number_that_is_taken_is_refused(at):
    async with AsyncSession(at) as session:
        await import_suppliers(session, {1: "Potter"})
        with pytest.raises(IntegrityError, match="suppliers_pkey"):
            await import_suppliers(session, {1: "Tea & Co"})


async def test_who_adds_one_meanwhile_waits_and_counts_on(at):
    async def one_more():
        async with AsyncSession(at) as session, session.begin():
            return await add(session, explicit_ids)

    async def waiting():
        async with at.connect() as connection:
            return await connection.scalar(
                text(
                    "select count(*) from pg_locks where not granted"
                    " and relation = 'suppliers'::regclass"
                )
            )

    async with AsyncSession(at) as session:
        await import_suppliers(session, {1: "Potter"})
        adding = asyncio.create_task(one_more())
        await async_until(waiting)
        await session.commit()

    assert await adding == 2
