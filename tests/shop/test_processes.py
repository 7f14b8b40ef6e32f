"""The shop as it is deployed: a web process, a worker, and somebody else's
payment provider, each of which may be away or killed.
"""

import os
import sys
from contextlib import contextmanager
from uuid import uuid4

import httpx
import psycopg
import pytest

from guide.layout import ROOT
from servers.ports import reserved_port
from snippets.shop.infrastructure.demo_data import DEMO_CUSTOMER_ID
from tests.support.process import running
from tests.support.until import until

ORDER = {
    "customer_id": str(DEMO_CUSTOMER_ID),
    "lines": [{"sku": "TEA-1", "quantity": 2}],
}


@pytest.fixture(scope="module")
def database(databases):
    with databases.empty() as url:
        yield url


@contextmanager
def worker(database, provider):
    environment = {"DATABASE_URL": database, "PAYMENT_URL": provider.url}
    with process(environment, "snippets.shop.worker") as started:
        yield started


@contextmanager
def process(environment, module, *arguments):
    """Killed at the end of the block, whatever it is at."""
    command = [sys.executable, "-m", module, *arguments]
    with running(
        command, cwd=ROOT, env={**os.environ, **environment}
    ) as started:
        yield started
        started.kill()


@pytest.fixture(scope="module")
def web(database):
    """A client of the web process."""
    with (
        reserved_port() as port,
        process(
            {"DATABASE_URL": database, "DEMO_DATA": "1"},
            *["uvicorn", "--factory", "snippets.shop.main:from_environment"],
            *["--port", str(port), "--log-level", "warning"],
        ) as started,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            timeout=30,
            event_hooks={"request": [add_key]},
        ) as client,
    ):
        until(lambda: answers(client), started)
        yield client


def add_key(request):
    request.headers.setdefault("Idempotency-Key", str(uuid4()))


def answers(client):
    try:
        return client.get("/orders").is_success
    except httpx.TransportError:
        return False


def ended(web, order):
    """The order, once the web process tells that something happened to it."""
    url = f"/orders/{order['id']}"
    with web.stream("GET", f"{url}/events") as events:
        next(line for line in events.iter_lines() if line.startswith("event:"))
    return web.get(url).json()


def on_hand(database):
    with psycopg.connect(database) as connection:
        query = "select on_hand from stock where sku = 'TEA-1'"
        ((pieces,),) = connection.execute(query).fetchall()
    return pieces


def as_if_leases_had_run_out(database):
    with psycopg.connect(database) as connection:
        connection.execute(
            "update sagas set due_at = now() where due_at is not null"
        )


def test_an_order_is_confirmed_and_paid_for(web, database, provider):
    before = on_hand(database)

    with worker(database, provider):
        order = ended(web, web.post("/orders", json=ORDER).json())

    assert order["status"] == "confirmed"
    assert provider.charges == {f"charge-{order['id']}": 882}
    assert on_hand(database) == before - 2


def test_a_declined_payment_cancels_and_puts_the_pieces_back(
    web, database, provider
):
    before = on_hand(database)
    provider.declines = True

    with worker(database, provider):
        order = ended(web, web.post("/orders", json=ORDER).json())

    assert order["status"] == "cancelled"
    assert on_hand(database) == before


def test_a_worker_that_is_killed_while_it_charges_is_succeeded_by_another(
    web, database, provider
):
    before = on_hand(database)
    provider.answers.clear()
    with worker(database, provider):
        order = web.post("/orders", json=ORDER).json()
        assert provider.acted.wait(30)
    provider.answers.set()
    as_if_leases_had_run_out(database)

    with worker(database, provider):
        order = ended(web, order)

    assert order["status"] == "confirmed"
    assert provider.requests == 2 * [f"charge-{order['id']}"]
    assert list(provider.charges.values()) == [882]
    assert on_hand(database) == before - 2
