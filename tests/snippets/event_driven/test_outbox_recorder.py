"""Events of a unit of work in the outbox: as other services will see them."""

from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.domain_driven_design.domain_events import (
    OrderCancelled,
    OrderConfirmed,
    OrderEvent,
    OrderPaid,
    OrderShipped,
)
from snippets.event_driven.outbox import OutboxRow
from snippets.event_driven.outbox_recorder import (
    TYPES,
    record_in_outbox,
    to_envelope,
)

ORDER = uuid4()


@pytest.mark.parametrize(
    ("event", "kind", "data"),
    [
        (OrderConfirmed(order_id=ORDER), "order.confirmed", {}),
        (OrderPaid(order_id=ORDER), "order.paid", {}),
        (OrderShipped(order_id=ORDER), "order.shipped", {}),
        (
            OrderCancelled(order_id=ORDER, reason="too late"),
            "order.cancelled",
            {"reason": "too late"},
        ),
    ],
)
def test_an_event_keeps_its_id_and_time_and_says_of_which_order(
    event, kind, data
):
    envelope = to_envelope(event)

    assert (envelope.type, envelope.subject) == (kind, f"order-{ORDER}")
    assert (envelope.id, envelope.time) == (event.event_id, event.occurred_at)
    assert envelope.data == {"order_id": str(ORDER), **data}


def test_every_event_of_an_order_has_a_type():
    declared = {kind.__name__ for kind in OrderEvent.__subclasses__()}
    assert {kind.__name__ for kind in TYPES} == declared


async def test_they_are_stored_in_order_with_the_callers_commit(engine):
    events = [OrderConfirmed(order_id=ORDER), OrderPaid(order_id=ORDER)]
    async with AsyncSession(engine) as session, session.begin():
        await record_in_outbox(session, events)

    async with AsyncSession(engine) as session:
        rows = (
            await session.scalars(
                select(OutboxRow).order_by(OutboxRow.sequence)
            )
        ).all()
    assert [row.event for row in rows] == list(map(to_envelope, events))


async def test_without_the_callers_commit_nothing_is_stored(engine):
    async with AsyncSession(engine) as session:
        await record_in_outbox(session, [OrderPaid(order_id=ORDER)])

    async with AsyncSession(engine) as session:
        assert (await session.scalars(select(OutboxRow))).all() == []
