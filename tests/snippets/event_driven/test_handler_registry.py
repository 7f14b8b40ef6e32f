"""Handler registry: typed, complete, and it refuses what is unclear."""

from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.handler_registry import (
    HandlerRegistry,
    UnknownEventTypeError,
)
from snippets.event_driven.typed_events import (
    OrderCancelledMessage,
    OrderPlacedMessage,
)
from snippets.event_driven.upcasting import UnreadableVersionError, Upcasters
from tests.snippets.event_driven.buses import Received


def cancelled(**changes):
    fields = {"data": {"order_id": str(UUID(int=7))}, "subject": "order-7"}
    return EventEnvelope(type="order.cancelled", **(fields | changes))


@pytest.fixture
def registry():
    return HandlerRegistry(
        Upcasters({"order.cancelled": {1: lambda data: {**data, "by": "?"}}})
    )


async def test_a_handler_gets_the_typed_event_at_the_current_version(registry):
    handler = Received()
    registry.register(OrderCancelledMessage, handler)

    await registry.handle(cancelled())

    assert handler.events == [OrderCancelledMessage(order_id=UUID(int=7))]


def test_it_subscribes_to_what_has_a_handler(registry):
    registry.register(OrderCancelledMessage, Received())
    registry.register(OrderPlacedMessage, Received())

    assert registry.event_types == {"order.placed", "order.cancelled"}


def test_a_second_handler_for_a_type_is_refused(registry):
    registry.register(OrderCancelledMessage, Received())

    with pytest.raises(ValueError, match=r"order.cancelled has a handler"):
        registry.register(OrderCancelledMessage, Received())


async def test_a_type_without_handler_is_not_acknowledged(registry):
    with pytest.raises(UnknownEventTypeError, match=r"order.cancelled"):
        await registry.handle(cancelled())


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (cancelled(version=3), UnreadableVersionError),
        (cancelled(data={"order_id": "seven"}), ValidationError),
    ],
)
async def test_what_cannot_be_read_reaches_no_handler(registry, event, error):
    handler = Received()
    registry.register(OrderCancelledMessage, handler)

    with pytest.raises(error):
        await registry.handle(event)

    assert handler.events == []


async def test_what_a_handler_raises_is_raised(registry):
    async def fails(event):
        raise ConnectionError("the stock is away")

    registry.register(OrderCancelledMessage, fails)

    with pytest.raises(ConnectionError):
        await registry.handle(cancelled(data={"order_id": str(uuid4())}))
