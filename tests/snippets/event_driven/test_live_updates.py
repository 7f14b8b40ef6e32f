"""Live updates over a real server: resumed without loss or repetition."""

import asyncio
import json
import signal
import socket
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, func, update
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from servers.process import bound_to_us
from snippets.event_driven.event_envelope import EventEnvelope
from snippets.event_driven.live_updates import events_after, live_updates
from snippets.event_driven.live_updates_broken import LiveUpdates
from snippets.event_driven.outbox import (
    OutboxCounterRow,
    OutboxRow,
    append,
)
from snippets.event_driven.outbox_prune import prune
from snippets.event_driven.outbox_wakeup import OutboxWakeup
from tests.snippets.event_driven import live_updates_process
from tests.support import http
from tests.support.twins import fix_and_twin
from tests.support.until import async_until

ORDER = uuid4()
LONG = 3600


def served(router, **settings):
    """An address on loopback; the server is gone when the block ends."""
    app = FastAPI()
    app.include_router(router)
    return http.served(app, **settings)


@asynccontextmanager
async def watching(address, last=None):
    """What a browser's EventSource does; gives the stream of its lines."""
    headers = {} if last is None else {"Last-Event-ID": last}
    url = f"{address}/orders/{ORDER}/events"
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        yield response.aiter_lines()


async def next_event(lines):
    """``(id, event, data)``; comments are skipped, as a browser does."""
    fields = {}
    async for line in lines:
        if not line and fields:
            return fields.get("id"), fields["event"], json.loads(fields["data"])
        name, _, value = line.partition(": ")
        if name:
            fields[name] = value
    raise EOFError


class CountingWakeup(OutboxWakeup):
    """Knows how many streams wait."""

    waiting = 0

    async def wait(self, seen, seconds):
        self.waiting += 1
        try:
            await super().wait(seen, seconds)
        finally:
            self.waiting -= 1


@pytest.fixture
async def wakeup(postgres_url):
    wakeup = CountingWakeup(postgres_url)
    listening = asyncio.create_task(wakeup.run())
    await OutboxWakeup.wait(wakeup, 0, LONG)
    yield wakeup
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


@pytest.fixture
def add(engine):
    async def add(number, size=0):
        event = EventEnvelope(
            type="order.moved",
            subject=f"order-{ORDER}",
            data={"number": number, "padding": "x" * size},
        )
        async with AsyncSession(engine) as session, session.begin():
            await append(session, event)
        return event

    return add


@pytest.fixture
async def address(engine, wakeup):
    async with served(live_updates(engine, wakeup, poll=LONG)) as address:
        yield address


async def numbers(lines, count):
    return [(await next_event(lines))[2]["number"] for _ in range(count)]


async def test_a_new_client_gets_all_events_then_those_that_come(address, add):
    await add(1)
    await add(2)
    async with watching(address) as lines:
        assert await numbers(lines, 2) == [1, 2]
        await add(3)
        assert await next_event(lines) == (
            "3",
            "order.moved",
            {"number": 3, "padding": ""},
        )


@pytest.mark.parametrize("seen", range(5))
async def test_a_client_that_lost_its_connection_misses_and_repeats_nothing(
    address, add, seen
):
    for number in (1, 2, 3, 4):
        await add(number)
    last, got = None, []
    async with watching(address) as lines:
        for _ in range(seen):
            last, _, data = await next_event(lines)
            got.append(data["number"])
    async with watching(address, last) as lines:
        await add(5)
        got += await numbers(lines, 5 - seen)

    assert got == [1, 2, 3, 4, 5]


class Fix:
    def __init__(self, engine, wakeup):
        self.router = live_updates(engine, wakeup, poll=LONG)
        self.connected = lambda: wakeup.waiting

    async def on_event(self, event):
        """The outbox has it."""


class Twin(LiveUpdates):
    def __init__(self, engine, wakeup):
        super().__init__()

    def connected(self):
        return sum(map(len, self._clients.values()))


@fix_and_twin(
    "make",
    Fix,
    Twin,
    "A phone that was in a tunnel for a moment shows the "
    "order as unpaid, until its user reloads.",
)
async def test_what_happens_while_nobody_is_connected_arrives_later(
    engine, wakeup, add, make
):
    updates = make(engine, wakeup)
    async with served(updates.router) as address:
        async with watching(address) as lines:
            await async_until(updates.connected)
            await updates.on_event(await add(1))
            last, *_ = await next_event(lines)
        await async_until(lambda: not updates.connected())
        await updates.on_event(await add(2))
        async with watching(address, last) as lines:
            await async_until(updates.connected)
            await updates.on_event(await add(3))
            assert await numbers(lines, 1) == [2]


async def test_the_twin_serves_whoever_stays_connected(engine, wakeup, add):
    updates = Twin(engine, wakeup)
    async with (
        served(updates.router) as address,
        watching(address) as one,
        watching(address) as other,
    ):
        await async_until(lambda: updates.connected() == 2)
        await updates.on_event(await add(1))
        assert await numbers(one, 1) == await numbers(other, 1) == [1]


async def test_twenty_clients_share_one_connection_to_the_database(
    asyncpg_url, wakeup, add
):
    small = create_async_engine(asyncpg_url, pool_size=1, max_overflow=0)
    async with (
        served(live_updates(small, wakeup, poll=LONG)) as address,
        AsyncExitStack() as clients,
    ):
        streams = [
            await clients.enter_async_context(watching(address))
            for _ in range(20)
        ]
        await async_until(lambda: wakeup.waiting == 20)
        await add(1)
        for lines in streams:
            assert await numbers(lines, 1) == [1]
    await small.dispose()


async def test_a_client_that_leaves_leaves_nothing_behind(address, wakeup):
    async with watching(address):
        await async_until(lambda: wakeup.waiting == 1)
    await async_until(lambda: wakeup.waiting == 0)


async def test_a_client_that_does_not_read_holds_up_nobody(
    address, wakeup, add
):
    async with watching(address) as slow:
        for number in range(1, 31):
            await add(number, size=300_000)
        async with watching(address) as fast:
            assert await numbers(fast, 30) == list(range(1, 31))
        assert await numbers(slow, 30) == list(range(1, 31))


async def test_without_wake_ups_it_looks_from_time_to_time(
    engine, postgres_url, add
):
    deaf = CountingWakeup(postgres_url)  # its `run` is not running
    async with (
        served(live_updates(engine, deaf, poll=0.01)) as address,
        watching(address) as lines,
    ):
        await async_until(lambda: deaf.waiting == 1)
        await add(1)
        assert await numbers(lines, 1) == [1]


async def test_a_client_is_told_when_events_were_pruned(engine, address, add):
    for number in (1, 2, 3):
        await add(number)
    past = datetime.now(UTC) - timedelta(days=8)
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(
            update(OutboxRow)
            .where(OutboxRow.sequence < 3)
            .values(published_at=past)
        )
        await prune(session, datetime.now(UTC) - timedelta(days=7))

    async with watching(address, last="1") as lines:
        assert await next_event(lines) == (None, "reset", {})
        assert await numbers(lines, 1) == [3]


async def test_a_client_is_told_when_all_it_missed_was_pruned(
    engine, address, add
):
    for number in (1, 2, 3):
        await add(number)
    past = datetime.now(UTC) - timedelta(days=8)
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(update(OutboxRow).values(published_at=past))
        await prune(session, datetime.now(UTC) - timedelta(days=7))

    async with watching(address, last="1") as lines:
        assert await next_event(lines) == ("3", "reset", {})
        await add(4)
        assert await numbers(lines, 1) == [4]


@pytest.mark.parametrize("last", ["3", str(2**63), "9" * 1000])
async def test_a_client_that_knows_of_a_future_starts_anew(address, add, last):
    """The database was restored, or somebody made the number up."""
    for number in (1, 2):
        await add(number)

    async with watching(address, last) as lines:
        assert await next_event(lines) == ("2", "reset", {})
        await add(3)
        assert await numbers(lines, 1) == [3]


@pytest.mark.parametrize("last", ["", "0", "000"])
async def test_a_client_that_has_seen_nothing_gets_all(address, add, last):
    await add(1)
    async with watching(address, last) as lines:
        assert await numbers(lines, 1) == [1]


async def test_a_client_is_told_what_was_pruned_while_it_stalled(
    engine, wakeup, add
):
    """It stopped reading, and what came meanwhile is gone when it reads on."""
    route = live_updates(engine, wakeup, poll=LONG).routes[0]
    await add(1)
    messages = route.endpoint(ORDER)
    assert (await anext(messages)).id == "1"
    for number in range(2, 62):
        await add(number)
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(update(OutboxRow).values(published_at=func.now()))
    async with AsyncSession(engine) as session, session.begin():
        await prune(session, datetime.now(UTC) + timedelta(days=1))

    message = await anext(messages)
    assert (message.id, message.event) == ("61", "reset")
    await add(62)
    assert (await anext(messages)).id == "62"


async def test_a_client_is_told_when_the_database_is_restored_meanwhile(
    engine, wakeup, add
):
    for number in (1, 2, 3):
        await add(number)
    route = live_updates(engine, wakeup, poll=LONG).routes[0]
    messages = route.endpoint(ORDER)
    assert [(await anext(messages)).id for _ in range(3)] == ["1", "2", "3"]
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(delete(OutboxRow).where(OutboxRow.sequence > 1))
        await session.execute(update(OutboxCounterRow).values(last=1))

    message = await anext(messages)
    assert (message.id, message.event) == ("1", "reset")


@pytest.mark.parametrize(
    "envelope",
    [
        "no event",
        pytest.param("of two\nlines", id="a type of two lines"),
        pytest.param("of two\rlines", id="a type with a carriage return"),
    ],
)
async def test_an_event_that_cannot_be_told_does_not_end_the_stream(
    engine, address, add, envelope
):
    for number in (1, 2, 3):
        event = await add(number)
    stored = json.loads(event.to_json()) | {"type": envelope}
    text = "{" if envelope == "no event" else json.dumps(stored)
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(
            update(OutboxRow)
            .where(OutboxRow.sequence == 2)
            .values(envelope=text)
        )

    async with watching(address) as lines:
        assert await numbers(lines, 1) == [1]
        assert await next_event(lines) == ("2", "reset", {})
        assert await numbers(lines, 1) == [3]


async def test_the_newest_number_comes_with_what_follows_the_last(engine, add):
    for number in (1, 2):
        await add(number)
    newest, rows = await events_after(engine, f"order-{ORDER}", 1)
    assert (newest, [row.sequence for row in rows]) == (2, [2])
    assert await events_after(engine, f"order-{ORDER}", 2) == (2, [])
    assert await events_after(engine, "order-of-nobody", 0) == (0, [])


async def test_an_idle_stream_is_kept_alive(address, monkeypatch):
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.01)
    async with watching(address) as lines:
        assert await anext(lines) == ": ping"


@pytest.mark.parametrize(
    "last",
    [
        *("-1", "x", "+1", "1_0", "1.0", "1e3", "0x1", "1, 2", "9" * 5000),
        *("٣".encode(), b"\xb2", b"1\xa0"),
    ],
)
async def test_a_position_that_cannot_be_is_refused(address, last):
    async with httpx.AsyncClient() as client:
        response = await client.get(
            f"{address}/orders/{ORDER}/events", headers={"Last-Event-ID": last}
        )
    assert response.status_code == 422


async def test_a_server_that_stops_cuts_its_streams_after_the_grace_period(
    engine, wakeup
):
    router = live_updates(engine, wakeup, poll=LONG)
    async with AsyncExitStack() as client:
        async with served(router, timeout_graceful_shutdown=0) as address:
            lines = await client.enter_async_context(watching(address))
            await async_until(lambda: wakeup.waiting == 1)
        with pytest.raises((httpx.RemoteProtocolError, EOFError)):
            await next_event(lines)
    assert wakeup.waiting == 0


@asynccontextmanager
async def process_serving(postgres_url, grace):
    """The process and its address; it has ended when the block ends."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        descriptor = listener.fileno()
        process = await asyncio.create_subprocess_exec(
            *bound_to_us(
                [
                    *[sys.executable, "-m", live_updates_process.__name__],
                    *[str(descriptor), grace, postgres_url],
                ],
                signal.SIGKILL,
            ),
            pass_fds=[descriptor],
            stdout=asyncio.subprocess.PIPE,
        )
    try:
        yield process, address
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_an_open_stream_keeps_a_process_from_stopping(postgres_url, add):
    """SIGTERM is not enough, and its lifespan goes on as well."""
    async with process_serving(postgres_url, "none") as (process, address):
        async with watching(address) as lines:
            await add(1)
            assert await numbers(lines, 1) == [1]
            process.terminate()
            await until_refused(address)

            await add(2)
            assert await numbers(lines, 1) == [2]
            assert process.returncode is None
        printed, _ = await process.communicate()

    assert printed.decode() == live_updates_process.ENDED


async def test_with_a_grace_period_a_process_cuts_its_streams_and_ends(
    postgres_url, add
):
    async with (
        process_serving(postgres_url, "1") as (process, address),
        watching(address) as lines,
    ):
        await add(1)
        assert await numbers(lines, 1) == [1]
        process.terminate()
        printed, _ = await process.communicate()
        with pytest.raises((httpx.RemoteProtocolError, EOFError)):
            await next_event(lines)

    assert printed.decode() == live_updates_process.ENDED


async def until_refused(address):
    """Return when the process takes no more connections."""
    host, port = httpx.URL(address).host, httpx.URL(address).port

    async def refused():
        try:
            _, writer = await asyncio.open_connection(host, port)
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:  # it closed its socket meanwhile
            return False
        writer.close()
        return False

    await async_until(refused)
