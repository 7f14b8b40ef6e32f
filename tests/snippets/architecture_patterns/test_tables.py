"""Tables: what the database itself keeps."""

from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from snippets.architecture_patterns.tables import (
    OrderLineRow,
    OrderRow,
    OutboxRow,
    ProductRow,
)


def a_row():
    order_id = uuid4()
    return OrderRow(
        id=order_id,
        customer_id=uuid4(),
        status="placed",
        lines=[
            OrderLineRow(
                order_id=order_id,
                position=position,
                sku=f"TEA-{position}",
                quantity=1,
                unit_price=Decimal("4.90"),
            )
            for position in (1, 0)
        ],
    )


async def stored_row(engine):
    row = a_row()
    async with AsyncSession(engine, expire_on_commit=False) as session:
        session.add(row)
        await session.commit()
    return row.id


async def test_lines_come_back_in_their_order(engine):
    row_id = await stored_row(engine)

    async with AsyncSession(engine) as session:
        stored = await session.get(
            OrderRow, row_id, options=[selectinload(OrderRow.lines)]
        )
    assert [line.sku for line in stored.lines] == ["TEA-0", "TEA-1"]


async def test_lines_go_with_their_order(engine):
    row_id = await stored_row(engine)
    async with AsyncSession(engine) as session, session.begin():
        await session.delete(await session.get(OrderRow, row_id))

    async with AsyncSession(engine) as session:
        left = await session.scalar(
            select(func.count()).select_from(OrderLineRow)
        )
    assert left == 0


@pytest.mark.parametrize("table", [OrderLineRow, ProductRow])
async def test_prices_are_in_cents_and_below_ten_thousand_million(
    engine, table
):
    async def stored(price):
        async with AsyncSession(engine) as session, session.begin():
            if table is ProductRow:
                row = ProductRow(sku=f"TEA-{price}", price=price)
                column = ProductRow.price
                session.add(row)
            else:
                order = a_row()
                row, column = order.lines[0], OrderLineRow.unit_price
                row.unit_price = price
                session.add(order)
            await session.flush()
            return await session.scalar(select(column).where(column != 4.9))

    assert await stored(Decimal("0.005")) == Decimal("0.01")
    with pytest.raises(DBAPIError, match="numeric field overflow"):
        await stored(Decimal(10) ** 10)


def an_event(**values):
    event = {"id": uuid4(), "subject": "order-1", "payload": {}}
    return insert(OutboxRow).values({**event, **values})


async def test_only_the_database_numbers_events_and_beyond_two_thousand_million(
    engine,
):
    async with engine.begin() as connection:
        await connection.execute(
            text("alter table outbox alter sequence restart with 3000000000")
        )
        await connection.execute(an_event())
        assert await connection.scalar(select(OutboxRow.sequence)) == 3 * 10**9
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="non-DEFAULT value"):
            await connection.execute(an_event(sequence=1))


async def test_an_event_is_stored_once(engine):
    event_id = uuid4()
    async with engine.connect() as connection:
        await connection.execute(an_event(id=event_id))
        with pytest.raises(IntegrityError, match="unique"):
            await connection.execute(an_event(id=event_id))
