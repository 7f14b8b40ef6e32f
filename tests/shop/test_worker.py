"""The worker: orders that the web process took are paid for and told of."""

import asyncio
import runpy
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import nats
import pytest

from servers.ports import reserved_port
from snippets.event_driven.event_envelope import EventEnvelope
from snippets.shop.wiring import Settings
from snippets.shop.worker import LEASE, PROVIDER_TIMEOUT, work
from tests.support.until import async_until


@pytest.fixture
async def stream(nats_url):
    """Settings of a stream of this test's own, which goes when it ends."""
    name = f"shop-{uuid4().hex}"
    yield {"NATS_URL": nats_url, "NATS_STREAM": name}
    async with await nats.connect(nats_url) as connection:
        for each in (name, f"{name}-dead"):
            with suppress(nats.js.errors.NotFoundError):
                await connection.jetstream().delete_stream(each)


@pytest.fixture
def environment(postgres_url, provider):
    return {"DATABASE_URL": postgres_url, "PAYMENT_URL": provider.url}


@asynccontextmanager
async def working(environment):
    """The worker, in a task of this process."""
    worker = asyncio.create_task(work(Settings.of(environment)))
    try:
        yield worker
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


async def status_of(client, order):
    return (await client.get(f"/orders/{order['id']}")).json()["status"]


async def outcome_of(client, order):
    """Its status, once it is pending no more."""

    async def outcome():
        status = await status_of(client, order)
        return status != "pending" and status

    return await async_until(outcome)


async def test_an_order_is_paid_for_and_confirmed(
    client, an_order, environment, provider
):
    async with working(environment):
        order = (await client.post("/orders", json=an_order(TEA_1=2))).json()
        assert await outcome_of(client, order) == "confirmed"

    assert provider.charges == {f"charge-{order['id']}": 882}


async def test_a_cancelled_order_is_refunded(
    client, an_order, environment, provider
):
    async with working(environment):
        order = (await client.post("/orders", json=an_order(TEA_1=2))).json()
        await outcome_of(client, order)
        path = f"/orders/{order['id']}/cancellation"
        await client.post(path, json={"reason": "Too dear"})
        await async_until(lambda: provider.refunds)

    assert list(provider.refunds.values()) == [f"charge-{order['id']}"]


async def test_while_the_provider_is_away_orders_are_pending(
    client, an_order, environment, provider
):
    provider.unavailable = 1000
    async with working(environment):
        order = (await client.post("/orders", json=an_order(TEA_1=2))).json()
        await async_until(lambda: provider.requests)
        assert await status_of(client, order) == "pending"

        provider.unavailable = 0
        assert await outcome_of(client, order) == "confirmed"

    assert len(provider.charges) == 1


async def test_the_stream_has_the_events_of_committed_orders_and_no_other(
    client, an_order, environment, stream
):
    async with nats_events(**stream) as received:
        async with working(environment | stream):
            orders = [
                (await client.post("/orders", json=an_order(**lines))).json()
                for lines in ({"TEA_1": 1}, {"POT_1": 2}, {"TEA_1": 2})
            ]
            await client.post("/orders", json=an_order(TEA_1=1, NOTHING=1))
            statuses = [await outcome_of(client, order) for order in orders]
            events = [await received() for _ in orders]
        assert statuses == ["confirmed", "cancelled", "confirmed"]
        assert {(event.subject, event.type) for event in events} == {
            (f"order-{order['id']}", f"order.{status}")
            for order, status in zip(orders, statuses, strict=True)
        }
        assert await count(**stream) == len(orders)


@asynccontextmanager
async def nats_events(NATS_URL, NATS_STREAM):  # noqa: N803 - as settings
    """Gives what arrives under the stream's subjects, one a call."""
    async with await nats.connect(NATS_URL) as connection:
        subscription = await connection.subscribe(f"{NATS_STREAM}.>")
        await connection.flush()

        async def received():
            message = await subscription.next_msg(timeout=30)
            return EventEnvelope.from_json(message.data)

        yield received


async def count(NATS_URL, NATS_STREAM):  # noqa: N803 - as settings
    async with await nats.connect(NATS_URL) as connection:
        info = await connection.jetstream().stream_info(NATS_STREAM)
    return info.state.messages


async def test_a_worker_that_lost_its_database_ends(environment):
    with reserved_port() as nobody:
        url = f"postgresql://127.0.0.1:{nobody}/shop"
        settings = Settings.of(environment | {"DATABASE_URL": url})
        with pytest.raises(OSError, match="Connect call failed"):
            await work(settings)


async def test_without_a_provider_it_says_what_to_set(postgres_url):
    with pytest.raises(SystemExit, match="Set PAYMENT_URL"):
        await work(Settings.of({"DATABASE_URL": postgres_url}))


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
def test_started_without_settings_it_says_what_to_set(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(SystemExit, match="Set DATABASE_URL"):
        runpy.run_module("snippets.shop.worker", run_name="__main__")


def test_the_provider_is_given_up_before_a_step_is_cancelled():
    """httpx (0.28.1) loses a place of its pool for each request that is
    cancelled while it connects, and TCP and TLS have the time each.
    """
    of_a_step = LEASE.total_seconds() / 2

    assert 2 * PROVIDER_TIMEOUT.connect < of_a_step
    assert PROVIDER_TIMEOUT.read < of_a_step
