"""The effect: what the event says is what is charged."""

from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.event_driven.inbox_charge_order import PaymentRow, charge_order
from snippets.event_driven.outbox_place_order import order_placed


@pytest.mark.parametrize("cents", [0, 980, 2**31])
async def test_the_total_of_the_order_is_charged(engine, cents):
    order_id = uuid4()
    async with AsyncSession(engine) as session, session.begin():
        await charge_order(session, order_placed(order_id, cents))

    async with AsyncSession(engine) as session:
        payment = (await session.scalars(select(PaymentRow))).one()
    assert (payment.order_id, payment.cents) == (order_id, cents)


@pytest.mark.parametrize("cents", [-980, True, "980", 9.8, None, 2**63])
async def test_what_is_no_amount_is_not_charged(engine, cents):
    async with AsyncSession(engine) as session, session.begin():
        with pytest.raises(ValueError, match="Not an amount"):
            await charge_order(session, order_placed(uuid4(), cents))
        assert not (await session.scalars(select(PaymentRow))).all()
