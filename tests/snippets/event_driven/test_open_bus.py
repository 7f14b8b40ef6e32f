"""Opening a bus by URL: each kind delivers; others are refused."""

import pytest

from snippets.event_driven.open_bus import open_bus
from tests.snippets.event_driven.buses import PLACED, Received, an_event


async def test_the_bus_of_the_url_delivers(buses):
    stock, event = Received(), an_event()

    async with (
        open_bus(buses.url or "memory://", buses.name, "worker-1") as bus,
        bus.subscribe("stock", {PLACED}, stock),
    ):
        await bus.publish(event)

        assert await stock.first(1) == [event]


async def test_another_scheme_is_refused():
    with pytest.raises(ValueError, match="No bus for kafka"):
        async with open_bus("kafka://localhost", "shop", "worker-1"):
            pass
