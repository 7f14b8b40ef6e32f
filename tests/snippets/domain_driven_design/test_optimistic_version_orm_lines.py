"""A version for the whole: what changes lines alone must collide as well."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.exc import StaleDataError

from snippets.domain_driven_design import (
    optimistic_version_orm_lines,
    optimistic_version_orm_lines_broken,
)
from snippets.domain_driven_design.optimistic_version_orm_lines import (
    MAX_LINES,
    TooManyLinesError,
    VersionedLineRow,
    VersionedOrderRow,
)
from snippets.domain_driven_design.persistence import Base
from tests.support.databases import UNSTORABLE
from tests.support.twins import fix_and_twin

ORDER = uuid4()
both = pytest.mark.parametrize(
    "module",
    [optimistic_version_orm_lines, optimistic_version_orm_lines_broken],
)


@pytest.fixture
async def engine(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


async def store(engine, lines):
    async with AsyncSession(engine) as session, session.begin():
        rows = [
            VersionedLineRow(sku=f"SKU-{number}") for number in range(lines)
        ]
        session.add(VersionedOrderRow(id=ORDER, status="pending", lines=rows))


async def lines_and_version(engine):
    async with AsyncSession(engine) as session:
        lines = await session.scalar(
            select(func.count()).select_from(VersionedLineRow)
        )
        order = await session.get_one(VersionedOrderRow, ORDER)
        return lines, order.version


@fix_and_twin(
    "module",
    optimistic_version_orm_lines,
    optimistic_version_orm_lines_broken,
    "Two tabs add a line each to an order of nine, and it ships with eleven",
)
async def test_two_who_add_a_line_at_once_collide(engine, module):
    await store(engine, MAX_LINES - 1)
    both_have_read = asyncio.Barrier(2)

    async def add(sku):
        async with AsyncSession(engine) as session:
            await module.add_line(session, ORDER, sku)
            await both_have_read.wait()
            try:
                await session.commit()
            except StaleDataError:
                return "refused"
            return "added"

    outcomes = await asyncio.gather(add("TEA"), add("CUP"))

    assert sorted(outcomes) == ["added", "refused"]
    assert await lines_and_version(engine) == (MAX_LINES, 2)


@both
async def test_one_after_the_other_meets_the_limit(engine, module):
    await store(engine, MAX_LINES - 1)
    async with AsyncSession(engine) as session, session.begin():
        await module.add_line(session, ORDER, "TEA")
    async with AsyncSession(engine) as session:
        with pytest.raises(TooManyLinesError):
            await module.add_line(session, ORDER, "CUP")


async def not_at_all(session):
    pass


async def loaded(session):
    session.info["kept"] = await session.get_one(VersionedOrderRow, ORDER)


async def loaded_and_expired(session):
    await loaded(session)
    await session.commit()


async def changed_before(session):
    await optimistic_version_orm_lines.add_line(session, ORDER, "POT")


async def changed_and_committed(session):
    await changed_before(session)
    await session.commit()


@pytest.mark.parametrize(
    ("known", "added"),
    [
        (not_at_all, 1),
        (loaded, 1),
        (loaded_and_expired, 1),
        (changed_before, 2),
        (changed_and_committed, 2),
    ],
)
async def test_a_line_is_added_however_the_session_knows_the_order(
    engine, known, added
):
    await store(engine, 1)
    async with AsyncSession(engine) as session:
        await known(session)
        await optimistic_version_orm_lines.add_line(session, ORDER, "TEA")
        await session.commit()
    lines, _ = await lines_and_version(engine)
    assert lines == 1 + added


async def test_an_order_of_this_session_gets_its_line(engine):
    async with AsyncSession(engine) as session, session.begin():
        session.add(VersionedOrderRow(id=ORDER, status="pending"))
        await session.flush()
        await optimistic_version_orm_lines.add_line(session, ORDER, "TEA")
    assert (await lines_and_version(engine))[0] == 1


@both
async def test_the_tenth_line_is_the_last(engine, module):
    await store(engine, 10)
    async with AsyncSession(engine) as session:
        with pytest.raises(TooManyLinesError, match="at most 10"):
            await module.add_line(session, ORDER, "TEA")


async def test_two_orders_hold_the_same_article(engine):
    await store(engine, 1)
    other = VersionedOrderRow(
        id=uuid4(), status="pending", lines=[VersionedLineRow(sku="SKU-0")]
    )
    async with AsyncSession(engine) as session, session.begin():
        session.add(other)
    assert await lines_and_version(engine) == (2, 1)


async def test_a_line_that_leaves_its_order_is_deleted(engine):
    await store(engine, 2)
    async with AsyncSession(engine) as session, session.begin():
        order = await session.get_one(
            VersionedOrderRow,
            ORDER,
            options=[selectinload(VersionedOrderRow.lines)],
        )
        del order.lines[0]
    assert (await lines_and_version(engine))[0] == 1


async def test_only_an_update_of_the_root_counts(engine):
    await store(engine, 1)
    async with AsyncSession(engine) as session, session.begin():
        await optimistic_version_orm_lines_broken.add_line(
            session, ORDER, "TEA"
        )
        assert await session.get_one(VersionedOrderRow, ORDER) in session.dirty
    assert await lines_and_version(engine) == (2, 1)
    async with AsyncSession(engine) as session, session.begin():
        await optimistic_version_orm_lines.add_line(session, ORDER, "CUP")
    assert await lines_and_version(engine) == (3, 2)


@pytest.mark.parametrize("sku", UNSTORABLE)
async def test_a_line_has_an_article_that_a_table_can_name(engine, sku):
    async with AsyncSession(engine) as session:
        with pytest.raises(ValueError, match="Not an article"):
            await optimistic_version_orm_lines.add_line(session, ORDER, sku)
