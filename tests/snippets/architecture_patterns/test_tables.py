"""Tables: what the database itself keeps."""

from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from snippets.architecture_patterns.tables import (
    OrderLineRow,
    OrderRow,
    ProductRow,
)
from snippets.domain_driven_design.money import LIMIT


def a_row():
    order_id = uuid4()
    return OrderRow(
        id=order_id,
        customer_id=uuid4(),
        currency="EUR",
        status="confirmed",
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
async def test_prices_have_three_decimals_and_are_below_what_money_is(
    engine, table
):
    async def stored(price):
        async with AsyncSession(engine) as session, session.begin():
            if table is ProductRow:
                row = ProductRow(
                    sku=f"TEA-{price}", price=price, currency="EUR"
                )
                column = ProductRow.price
                session.add(row)
            else:
                order = a_row()
                row, column = order.lines[0], OrderLineRow.unit_price
                row.unit_price = price
                session.add(order)
            await session.flush()
            return await session.scalar(select(column).where(column != 4.9))

    assert await stored(Decimal("0.0005")) == Decimal("0.001")
    with pytest.raises(DBAPIError, match="numeric field overflow"):
        await stored(LIMIT)
