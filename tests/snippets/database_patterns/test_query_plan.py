"""Query plan: told as PostgreSQL tells it, and nothing is run."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.database_patterns.models import BuyerRow, InvoiceRow
from snippets.database_patterns.query_plan import plan_of


@pytest.fixture
async def session(engine):
    async with AsyncSession(engine) as session:
        yield session


async def test_each_branch_is_told(session):
    query = select(InvoiceRow.id).join(BuyerRow).where(BuyerRow.name == "Ann")

    plan = await plan_of(session, query)

    assert any("Join" in step or "Nested Loop" in step for step in plan)
    assert len(plan) >= 3


@pytest.mark.parametrize("name", ["100% O'Ann", ":name", "$1", "%(name)s"])
async def test_values_are_written_as_values(session, name):
    query = select(BuyerRow.id).where(BuyerRow.name == name)

    assert len(await plan_of(session, query)) >= 1


async def test_the_query_is_not_run(session):
    await session.execute(text("create sequence calls"))

    await plan_of(session, select(func.nextval("calls")))

    assert await session.scalar(text("select nextval('calls')")) == 1
