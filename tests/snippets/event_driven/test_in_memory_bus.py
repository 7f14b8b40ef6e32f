"""In-memory bus: who tried, who failed, who is told."""

import asyncio

import pytest

from snippets.code_style.own_cancellation import StrayCancellationError
from snippets.event_driven import in_memory_bus, in_memory_bus_gather_broken
from snippets.event_driven.in_memory_bus import InMemoryBus
from tests.snippets.event_driven.buses import (
    CANCELLED,
    PLACED,
    Received,
    an_event,
)
from tests.support.twins import fix_and_twin


async def fails(event):
    raise ConnectionError("the stock is away")


@fix_and_twin(
    "bus_class",
    in_memory_bus.InMemoryBus,
    in_memory_bus_gather_broken.InMemoryBus,
    "The customer is told that all is well; the stock was "
    "never reserved, and no log says so.",
    raises=pytest.fail.Exception,
)
async def test_a_failed_handler_is_reported_to_the_publisher(bus_class):
    bus = bus_class()

    async with bus.subscribe("stock", {PLACED}, fails):
        with pytest.raises(ExceptionGroup) as raised:
            await bus.publish(an_event())

    assert raised.group_contains(ConnectionError, match="the stock is away")


@pytest.mark.parametrize(
    "bus_class",
    [in_memory_bus.InMemoryBus, in_memory_bus_gather_broken.InMemoryBus],
)
async def test_when_all_goes_well_both_deliver(bus_class):
    bus, stock, event = bus_class(), Received(), an_event()

    async with bus.subscribe("stock", {PLACED}, stock):
        await bus.publish(event)
        await bus.publish(an_event(CANCELLED))
    await bus.publish(an_event())

    assert stock.events == [event]


async def test_every_handler_is_tried_and_every_failure_raised():
    bus, mail, event = InMemoryBus(), Received(), an_event()

    async with (
        bus.subscribe("stock", {PLACED}, fails),
        bus.subscribe("mail", {PLACED}, mail),
        bus.subscribe("audit", {PLACED}, fails),
    ):
        with pytest.raises(ExceptionGroup) as raised:
            await bus.publish(event)

    assert mail.events == [event]
    assert len(raised.value.exceptions) == 2


async def test_a_handler_that_was_cancelled_is_no_success():
    bus = InMemoryBus()

    async def is_cancelled(event):
        raise asyncio.CancelledError

    async with bus.subscribe("stock", {PLACED}, is_cancelled):
        with pytest.raises(ExceptionGroup) as raised:
            await bus.publish(an_event())

    assert raised.group_contains(StrayCancellationError)
