"""The contract of `event_bus`, and what the durable ones promise beyond."""

import asyncio
from contextlib import suppress

import pytest

from snippets.event_driven import nats_bus
from snippets.event_driven.event_bus import EventBus, EventNotPublishedError
from tests.snippets.event_driven.buses import (
    BOTH,
    CANCELLED,
    IMPATIENT,
    PLACED,
    Received,
    an_event,
)
from tests.support.proxy import Proxy


async def test_each_consumer_gets_each_event_as_it_was_published(buses):
    bus: EventBus = await buses.connect()
    stock, mail, event = Received(), Received(), an_event(sku="TEA-1")

    async with (
        bus.subscribe("stock", {PLACED}, stock),
        bus.subscribe("mail", {PLACED}, mail),
    ):
        await bus.publish(event)

        assert await stock.first(1) == [event]
        assert await mail.first(1) == [event]


async def test_a_consumer_gets_the_types_it_subscribed_to(buses):
    bus = await buses.connect()
    stock, mail = Received(), Received()
    placed, cancelled = an_event(PLACED), an_event(CANCELLED)

    async with (
        bus.subscribe("stock", {CANCELLED}, stock),
        bus.subscribe("mail", BOTH, mail),
    ):
        await bus.publish(placed)
        await bus.publish(cancelled)

        assert await stock.first(1) == [cancelled]
        assert {event.id for event in await mail.first(2)} == {
            placed.id,
            cancelled.id,
        }


async def test_subscriptions_of_one_consumer_share_its_events(buses):
    one, other = await buses.connect(), await buses.connect()
    both_have_one = asyncio.Barrier(2)
    handled = asyncio.Queue()

    async def handler(event):
        await both_have_one.wait()
        await handled.put(event.id)

    events = [an_event(), an_event()]
    async with (
        one.subscribe("stock", {PLACED}, handler),
        other.subscribe("stock", {PLACED}, handler),
    ):
        async with asyncio.TaskGroup() as publishing:
            for event in events:
                publishing.create_task(one.publish(event))

        assert {await handled.get(), await handled.get()} == {
            event.id for event in events
        }
    assert handled.empty()


async def test_what_somebody_else_cancelled_was_not_published(
    durable_buses, monkeypatch
):
    """Its connection was cut off, not the publisher: that is no stop."""
    bus = await durable_buses.connect()

    async def cut_off(*_, **__):
        raise asyncio.CancelledError

    for owner, name in (
        (nats_bus, "publish_once"),
        (getattr(bus, "_redis", None), "xadd"),
        (getattr(bus, "_exchange", None), "publish"),
    ):
        if owner is not None:
            monkeypatch.setattr(owner, name, cut_off)

    async with bus.subscribe("stock", {PLACED}, Received()):
        with pytest.raises(EventNotPublishedError):
            await bus.publish(an_event())


async def test_events_published_while_nobody_listens_are_kept(durable_buses):
    bus, stock, event = await durable_buses.connect(), Received(), an_event()
    async with bus.subscribe("stock", {PLACED}, stock):
        pass

    await bus.publish(event)
    restarted = await durable_buses.connect()
    async with restarted.subscribe("stock", {PLACED}, stock):
        assert await stock.first(1) == [event]


@pytest.mark.parametrize(
    "error",
    [
        ConnectionError("the database is away"),
        asyncio.CancelledError("it awaited what somebody else cancelled"),
    ],
    ids=repr,
)
async def test_an_event_whose_handler_raises_comes_again(durable_buses, error):
    bus, stock, event = await durable_buses.connect(), Received(), an_event()

    async def fails_once(event):
        await stock(event)
        if len(stock.events) == 1:
            raise error

    async with bus.subscribe("stock", {PLACED}, fails_once):
        await bus.publish(event)

        assert await stock.first(2) == [event, event]


async def test_an_event_in_the_hand_of_a_process_that_is_gone_comes_again(
    durable_buses,
):
    bus = await durable_buses.connect(IMPATIENT)
    stock, event, in_hand = Received(), an_event(), asyncio.Event()

    async def hangs(event):
        in_hand.set()
        await asyncio.Event().wait()

    async with bus.subscribe("stock", {PLACED}, hangs):
        await bus.publish(event)
        await in_hand.wait()

    other = await durable_buses.connect(IMPATIENT)
    async with other.subscribe("stock", {PLACED}, stock):
        assert await stock.first(1) == [event]


async def test_an_event_that_always_fails_ends_in_dead_letters(durable_buses):
    bus, stock = await durable_buses.connect(), Received()
    poison, next_event = an_event(poison=True), an_event()

    async def handler(event):
        await stock(event)
        if "poison" in event.data:
            raise ValueError("no such article")

    async with bus.subscribe("stock", {PLACED}, handler):
        await bus.publish(poison)
        dead = await durable_buses.dead_letter("stock")
        await bus.publish(next_event)
        handled = await stock.first(4)

    assert dead == poison.to_json()
    assert handled == [poison] * 3 + [next_event]


async def test_an_event_that_kills_its_process_ends_in_dead_letters(
    durable_buses,
):
    poison, next_event, stock = an_event(), an_event(), Received()

    async def hangs(event):
        await stock(event)
        await asyncio.Event().wait()

    for deliveries in (1, 2, 3):
        bus = await durable_buses.connect(IMPATIENT)
        async with bus.subscribe("stock", {PLACED}, hangs):
            if deliveries == 1:
                await bus.publish(poison)
            await stock.first(deliveries)

    bus = await durable_buses.connect(IMPATIENT)
    survivor = Received()
    async with bus.subscribe("stock", {PLACED}, survivor):
        dead = await durable_buses.dead_letter("stock")
        await bus.publish(next_event)

        assert dead == poison.to_json()
        assert await survivor.first(1) == [next_event]


@pytest.mark.parametrize(
    "body",
    [
        b"not an event",
        b"",
        b"\xff\xfe\x00",
        b"{}",
        b"null",
        an_event().to_json().replace(b'"data": {}', b'"data": null'),
        an_event(total="9").to_json().replace(b'"9"', b"NaN"),
        an_event(total="9").to_json().replace(b'"9"', b"1e999"),
        an_event(total="9").to_json().replace(b'"9"', b'"\xff"'),
        an_event().to_json().replace(b'"type"', b'"kind"'),
        an_event("order.lost").to_json(),
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:12]),
)
async def test_what_cannot_be_read_ends_in_dead_letters(durable_buses, body):
    bus, stock, event = await durable_buses.connect(), Received(), an_event()

    async with bus.subscribe("stock", {PLACED}, stock):
        await durable_buses.publish_raw(body)
        await bus.publish(event)

        assert await durable_buses.dead_letter("stock") == body
        assert await stock.first(1) == [event]


@pytest.mark.parametrize(
    "event_types",
    [
        frozenset(),
        frozenset({""}),
        frozenset({PLACED, "order.*"}),
        frozenset({"order.>"}),
        frozenset({"order.#"}),
        frozenset({"order placed"}),
        frozenset({"order..placed"}),
        frozenset({"x" * 201}),
        PLACED,
    ],
    ids=lambda types: " ".join(sorted(types)) if types != PLACED else "text",
)
async def test_what_is_no_set_of_event_types_is_refused(buses, event_types):
    bus = await buses.connect()

    with pytest.raises(ValueError, match="Not a set of event types"):
        async with bus.subscribe("stock", event_types, Received()):
            pass


@pytest.mark.parametrize(
    "consumer",
    ["", "stock.mail", "stock *", "stock>", "stück", "x" * 101, "a\n"],
)
async def test_what_is_no_name_of_a_consumer_is_refused(buses, consumer):
    bus = await buses.connect()

    with pytest.raises(ValueError, match="Not the name of a consumer"):
        async with bus.subscribe(consumer, {PLACED}, Received()):
            pass


async def test_an_old_process_takes_no_type_away_from_a_new_one(durable_buses):
    """It may hold such an event for a moment, and never handles it."""
    old, new = await durable_buses.connect(), await durable_buses.connect()
    known, anything = Received(), Received()
    events = [an_event(CANCELLED), an_event(CANCELLED)]
    async with new.subscribe("stock", BOTH, anything):
        pass

    async with old.subscribe("stock", {PLACED}, known):
        await new.publish(events[0])
        await new.publish(placed := an_event(PLACED))
        assert await known.first(1) == [placed]
    await new.publish(events[1])

    dead = await durable_buses.dead_letters("stock")
    async with new.subscribe("stock", BOTH, anything):
        while len(anything.events) < len(events):
            await asyncio.sleep(0.01)
            await dead.replay(BOTH, anything)
    assert {each.id for each in anything.events} == {each.id for each in events}
    assert known.events == [placed]


async def test_replayed_dead_letters_are_handled_once_and_gone(durable_buses):
    bus, stock, mail = await durable_buses.connect(), Received(), Received()
    events = [an_event(number=number) for number in range(3)]
    letters = await durable_buses.dead_letters("stock")

    async def is_away(event):
        raise ConnectionError("the database is away")

    async with (
        bus.subscribe("stock", {PLACED}, is_away),
        bus.subscribe("mail", {PLACED}, mail),
    ):
        for event in events:
            await bus.publish(event)
        while len(stock.events) < len(events):
            await letters.replay({PLACED}, stock)
            await asyncio.sleep(0.01)
        await mail.first(3)

    assert sorted(each.data["number"] for each in stock.events) == [0, 1, 2]
    assert await letters.replay({PLACED}, stock) == 0
    assert len(mail.events) == 3


async def test_dead_letters_that_fail_again_stay(durable_buses):
    bus, stock = await durable_buses.connect(), Received()
    letters = await durable_buses.dead_letters("stock")
    fine, poison = an_event(), an_event(poison=True)

    async def handler(event):
        if "poison" in event.data:
            raise ValueError("no such article")
        await stock(event)

    async def fails(event):
        raise ConnectionError("the database is away")

    async with bus.subscribe("stock", {PLACED}, fails):
        await durable_buses.publish_raw(b"not an event")
        await bus.publish(poison)
        await bus.publish(fine)
        while not stock.events:
            assert await letters.replay({PLACED}, handler) <= 1
            await asyncio.sleep(0.01)

    assert stock.events == [fine]
    for _ in range(2):
        assert await letters.replay({PLACED}, handler) == 0
    assert await letters.replay({PLACED}, stock) == 1
    assert stock.events == [fine, poison]


@pytest.mark.parametrize(
    ("durable_buses", "step"),
    [
        ("nats", "nats_bus.create_or_widen"),
        ("rabbitmq", "rabbitmq_bus.declare_queue"),
        ("redis", "redis_stream_bus.RedisStreamGroup.create"),
    ],
    indirect=["durable_buses"],
)
async def test_a_cancellation_that_a_library_swallows_is_not_lost(
    durable_buses, step, monkeypatch
):
    """`asyncio.wait_for` of Python 3.11 does, in each of the libraries."""
    bus, under_way = await durable_buses.connect(), asyncio.Event()

    async def swallows(*_, **__):
        under_way.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    monkeypatch.setattr(f"snippets.event_driven.{step}", swallows)

    async def consume():
        async with bus.subscribe("stock", {PLACED}, Received()):
            await asyncio.Event().wait()

    consuming = asyncio.create_task(consume())
    await under_way.wait()
    consuming.cancel()

    with pytest.raises(asyncio.CancelledError):
        await consuming


async def test_consuming_goes_on_after_the_connection_was_lost(durable_buses):
    direct, stock = await durable_buses.connect(), Received()
    before, after = an_event(), an_event()

    async with Proxy(durable_buses.url) as proxy:
        bus = await durable_buses.connect(url=proxy.url)
        async with bus.subscribe("stock", {PLACED}, stock):
            await direct.publish(before)
            await stock.first(1)
            proxy.cut()
            await direct.publish(after)

            assert after in await stock.first(2)


@pytest.mark.parametrize(
    ("durable_buses", "deliveries"),
    [("nats", 1), ("rabbitmq", 2), ("redis", 2)],
    indirect=["durable_buses"],
)
async def test_what_is_published_twice_is_delivered_as_often_as_stated(
    durable_buses, deliveries
):
    bus, stock = await durable_buses.connect(), Received()
    event, last = an_event(), an_event()

    async with bus.subscribe("stock", {PLACED}, stock):
        await bus.publish(event)
        await bus.publish(event)
        await bus.publish(last)
        handled = await stock.first(deliveries + 1)

    assert [each.id for each in handled] == [event.id] * deliveries + [last.id]


@pytest.mark.parametrize("durable_buses", ["nats", "rabbitmq"], indirect=True)
async def test_an_ordered_bus_keeps_order_over_failures_and_processes(
    durable_buses,
):
    one = await durable_buses.connect(ordered=True)
    other = await durable_buses.connect(ordered=True)
    stock, attempts = Received(), 0

    async def every_other_attempt_fails(event):
        nonlocal attempts
        attempts += 1
        if attempts % 2:
            raise ConnectionError("the database is away")
        await stock(event)

    events = [an_event(number=number) for number in range(6)]
    async with (
        one.subscribe("stock", {PLACED}, every_other_attempt_fails),
        other.subscribe("stock", {PLACED}, every_other_attempt_fails),
    ):
        for event in events:
            await one.publish(event)
        handled = await stock.first(len(events))

    assert handled == events
