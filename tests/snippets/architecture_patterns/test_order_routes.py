"""Order routes: what clients send and get; and when the answer leaves."""

import json
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from snippets.architecture_patterns import main, order_routes_commit_broken
from snippets.architecture_patterns.in_memory_unit_of_work import (
    InMemoryUnitOfWork,
    Store,
)
from snippets.architecture_patterns.order_routes import order_router
from snippets.architecture_patterns.place_order import PlaceOrder
from snippets.domain_driven_design.money import Money
from tests.support.twins import fix_and_twin


@pytest.fixture
async def call(serve, shop):
    """A client of the service on PostgreSQL."""
    address = await serve(main.create_app(shop))
    async with httpx.AsyncClient(base_url=address) as client:
        yield client


def body(customer_id=None, **quantities):
    return {
        "customer_id": str(customer_id or uuid4()),
        "quantities": quantities or {"TEA-1": 2},
    }


async def test_a_new_order_is_answered_with_its_address(call):
    placed = await call.post("/orders", json=body())

    assert placed.status_code == 201
    shown = await call.get(placed.headers["Location"])
    assert shown.status_code == 200
    assert shown.json() == placed.json()


async def test_money_is_a_string_in_json(call):
    placed = await call.post("/orders", json=body())

    assert placed.json() == {
        "id": placed.json()["id"],
        "status": "confirmed",
        "total": "9.80",
        "currency": "EUR",
    }


async def test_a_price_from_the_client_is_not_heard(call):
    placed = await call.post("/orders", json={**body(), "unit_price": "0.01"})

    assert placed.json()["total"] == "9.80"


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantities": {}},
        {"quantities": {"TEA-1": 0}},
        {"customer_id": "me"},
    ],
)
async def test_a_body_of_the_wrong_shape_is_refused(call, wrong):
    response = await call.post("/orders", json=body() | wrong)

    assert response.status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantities": {"TEA\0": 1}},
        {"quantities": {"\ud800": 1}},
        {"quantities": {f"TEA-{number}": 1 for number in range(40_000)}},
        {"voucher": "WELCOME\0"},
        {"voucher": "\ud800"},
        {"voucher": "W" * 1_000_000},
    ],
    ids=["nul", "surrogate", "many", "nul v", "surrogate v", "long v"],
)
async def test_what_the_database_cannot_store_is_refused_before(call, wrong):
    response = await call.post(
        "/orders",
        content=json.dumps(body() | wrong),
        headers={"Content-Type": "application/json"},
    )

    assert response.status_code == 422


async def test_the_routes_run_on_any_unit_of_work(serve):
    class FixedPrices:
        async def of(self, skus):
            return dict.fromkeys(skus, Money.of(5, "EUR"))

    store = Store()
    app = FastAPI()
    app.include_router(
        order_router(
            PlaceOrder(lambda: InMemoryUnitOfWork(store), FixedPrices()),
            lambda: InMemoryUnitOfWork(store),
        )
    )
    async with httpx.AsyncClient(base_url=await serve(app)) as client:
        placed = await client.post("/orders", json=body())

    assert UUID(placed.json()["id"]) in store.orders


@fix_and_twin(
    "create_app",
    main.create_app,
    order_routes_commit_broken.create_app,
    "The client is told 201 Created; the order is nowhere.",
)
async def test_created_is_said_of_orders_that_are_stored(
    serve, count_orders, checked_at_commit, create_app
):
    address = await serve(create_app(checked_at_commit))
    async with httpx.AsyncClient(base_url=address) as client:
        response = await client.post("/orders", json=body())

    assert response.status_code in (201, 500), response.text
    said_created = response.status_code == 201
    assert said_created == (await count_orders() == 1)


async def test_the_twin_works_as_long_as_the_commit_does(serve, engine, shop):
    address = await serve(order_routes_commit_broken.create_app(shop))
    async with httpx.AsyncClient(base_url=address) as client:
        response = await client.post("/orders", json=body())

    assert response.status_code == 201
