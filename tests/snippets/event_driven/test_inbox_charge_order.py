"""The effect: what the event says is what is charged."""

from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.event_driven.inbox_charge_order import PaymentRow, charge_order
from snippets.event_driven.outbox_place_order import order_placed


async def test_the_total_of_the_order_is_charged(engine):
    order_id = uuid4()
    async with AsyncSession(engine) as session, session.begin():
        await charge_order(session, order_placed(order_id, 980))

    async with AsyncSession(engine) as session:
        payment = (await session.scalars(select(PaymentRow))).one()
    assert (payment.order_id, payment.cents) == (order_id, 980)
