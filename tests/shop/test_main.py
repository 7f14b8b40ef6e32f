"""The composition root of the web process, over real HTTP."""

import asyncio
import signal
import socket
from uuid import UUID, uuid4

import httpx
import psycopg
import uvicorn

from snippets.event_driven.outbox_wakeup import OutboxWakeup
from snippets.shop.infrastructure.demo_data import DEMO_CUSTOMER_ID
from snippets.shop.main import create_app, from_environment
from snippets.shop.wiring import Settings
from tests.shop.conftest import KEYED
from tests.support.http import served
from tests.support.until import async_until

ORDER = {
    "customer_id": str(DEMO_CUSTOMER_ID),
    "lines": [{"sku": "TEA-1", "quantity": 2}],
}


async def test_on_an_empty_database_it_can_sell_at_once(
    postgres_url, monkeypatch
):
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    monkeypatch.setenv("DEMO_DATA", "1")

    async with (
        served(from_environment()) as address,
        httpx.AsyncClient(base_url=address, event_hooks=KEYED) as client,
    ):
        answer = await client.post("/orders", json=ORDER)

    assert answer.status_code == 201


async def test_without_demo_data_it_starts_empty(postgres_url):
    app = create_app(Settings.of({"DATABASE_URL": postgres_url}))
    async with (
        served(app) as address,
        httpx.AsyncClient(base_url=address, event_hooks=KEYED) as client,
    ):
        answer = await client.post("/orders", json=ORDER)

    assert answer.json()["type"].endswith("/unknown-customer")


async def test_it_holds_no_connection_after_it_has_stopped(postgres_url):
    app = create_app(Settings.of({"DATABASE_URL": postgres_url}))
    async with app.router.lifespan_context(app):
        pass

    def others():
        with psycopg.connect(postgres_url) as connection:
            return connection.execute(
                "select from pg_stat_activity where datname ="
                " current_database() and pid <> pg_backend_pid()"
            ).fetchall()

    await async_until(lambda: not others())


async def test_whoever_watches_an_order_hears_what_becomes_of_it(
    client, postgres, an_order
):
    body = (await client.post("/orders", json=an_order(TEA_1=1))).json()
    url = f"/orders/{body['id']}/events"

    async with client.stream("GET", url, timeout=30) as events:
        async with postgres.unit_of_work() as work:
            order = await work.orders.get(UUID(body["id"]))
            order.confirm()
            await work.orders.save(order)
            await work.commit()
        lines = [line async for line in first_event(events.aiter_lines())]

    assert "event: order.confirmed" in lines
    assert "id: 1" in lines


async def first_event(lines):
    """Up to the empty line, without comments."""
    async for line in lines:
        if not line:
            return
        if not line.startswith(":"):
            yield line


async def test_an_unknown_order_has_no_events_to_wait_for(client):
    answer = await client.get(f"/orders/{uuid4()}/events")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_process_whose_background_died_ends(postgres_url, monkeypatch):
    """Or it would serve on for the rest of its life, and hear of no event."""
    told = []
    served_until = signal.signal(signal.SIGTERM, lambda *_: told.append(True))

    async def fail(_):
        raise TypeError("a bug")

    monkeypatch.setattr(OutboxWakeup, "run", fail)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(Settings.of({"DATABASE_URL": postgres_url})),
            port=0,
            log_config=None,
        )
    )
    try:
        await server.serve()
    finally:
        signal.signal(signal.SIGTERM, served_until)

    assert told


async def test_a_process_whose_background_died_ends_its_streams(
    engine, postgres_url, an_order, monkeypatch
):
    """uvicorn waits for them, and would do so for ever."""
    told, idle, broken = [], asyncio.Event(), asyncio.Event()
    served_until = signal.signal(signal.SIGTERM, lambda *_: told.append(True))

    async def fail(_):
        await broken.wait()
        raise TypeError("a bug")

    async def wait(self, seen, seconds, wait=OutboxWakeup.wait):
        idle.set()
        await wait(self, seen, seconds)

    monkeypatch.setattr(OutboxWakeup, "_listen", fail)
    monkeypatch.setattr(OutboxWakeup, "wait", wait)
    app = create_app(Settings.of({"DATABASE_URL": postgres_url}))
    config = uvicorn.Config(app, log_config=None)
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with httpx.AsyncClient(
                base_url=address, event_hooks=KEYED
            ) as client:
                placed = await client.post("/orders", json=an_order(TEA_1=1))
                url = f"/orders/{placed.json()['id']}/events"
                async with client.stream("GET", url, timeout=30) as events:
                    await idle.wait()  # it holds no connection
                    broken.set()
                    async for _ in events.aiter_lines():
                        pass
            await serving
        finally:
            signal.signal(signal.SIGTERM, served_until)

    assert told
