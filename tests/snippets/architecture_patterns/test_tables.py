"""Tables: what the database itself keeps."""

from decimal import Decimal
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from snippets.architecture_patterns.tables import OrderLineRow, OrderRow


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
