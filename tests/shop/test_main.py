"""The composition root: a service that runs, is killed, and runs again."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import psycopg
import pytest

from guide.excerpts import ROOT
from guide.ports import free_port
from snippets.shop.infrastructure.demo_data import DEMO_CUSTOMER_ID
from snippets.shop.main import Settings, create_app, from_environment
from tests.shop.conftest import served

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
        httpx.AsyncClient(base_url=address) as client,
    ):
        answer = await client.post("/orders", json=ORDER)

    assert answer.status_code == 201


async def test_without_demo_data_it_starts_empty(postgres_url):
    app = create_app(Settings.of({"DATABASE_URL": postgres_url}))
    async with (
        served(app) as address,
        httpx.AsyncClient(base_url=address) as client,
    ):
        answer = await client.post("/orders", json=ORDER)

    assert answer.json()["type"].endswith("/unknown-customer")


async def test_it_holds_no_connection_after_it_has_stopped(postgres_url):
    app = create_app(Settings.of({"DATABASE_URL": postgres_url}))
    async with app.router.lifespan_context(app):
        pass

    others = 1
    while others:  # ended by pytest's timeout
        with psycopg.connect(postgres_url) as connection:
            ((others,),) = connection.execute(
                "select count(*) from pg_stat_activity where datname ="
                " current_database() and pid <> pg_backend_pid()"
            ).fetchall()
        await asyncio.sleep(0)


def test_any_url_of_postgresql_will_do():
    url = "postgresql://ada:secret@db/shop"
    assert Settings.of({"DATABASE_URL": url}) == Settings(
        "postgresql+asyncpg://ada:secret@db/shop", demo_data=False
    )


@pytest.mark.parametrize("environment", [{}, {"DATABASE_URL": ""}])
def test_without_a_database_it_says_what_to_set(environment):
    with pytest.raises(SystemExit, match="Set DATABASE_URL"):
        Settings.of(environment)


@contextmanager
def process(database_url):
    """The service in a process of its own, as in production."""
    port = free_port()
    with subprocess.Popen(
        [
            *[sys.executable, "-m", "uvicorn", "--factory"],
            "snippets.shop.main:from_environment",
            *["--port", str(port), "--log-level", "warning"],
        ],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url, "DEMO_DATA": "1"},
    ) as running:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
                while not answers(client):
                    assert running.poll() is None
                    time.sleep(0.05)  # leaves it the processor
                yield client
        finally:
            running.send_signal(signal.SIGKILL)


def answers(client):
    try:
        return client.get("/orders").is_success
    except httpx.TransportError:
        return False


def test_an_order_outlives_the_process_that_took_it(postgres_url):
    with process(postgres_url) as client:
        order = client.post("/orders", json=ORDER).json()

    with process(postgres_url) as client:
        assert client.get(f"/orders/{order['id']}").json() == order
