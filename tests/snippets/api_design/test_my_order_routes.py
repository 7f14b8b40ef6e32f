"""Orders of whoever asks, and of nobody else."""

import asyncio
import json
from decimal import Decimal
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.api_design import my_order_routes, my_order_routes_broken
from snippets.api_design.access_tokens import PostgresTokens
from snippets.api_design.dependencies import ApiSettings
from snippets.architecture_patterns.event_recorder import unrecorded
from snippets.architecture_patterns.order_routes import OrderView
from snippets.architecture_patterns.postgres_price_list import (
    PostgresPriceList,
)
from snippets.architecture_patterns.postgres_unit_of_work import (
    PostgresUnitOfWork,
)
from snippets.architecture_patterns.tables import ProductRow
from tests.snippets.api_design.accounts import sign_up
from tests.support.twins import fix_and_twin

BASKET = {"quantities": {"TEA-1": 2}}
WHY = {"reason": "changed my mind"}


@pytest.fixture
def shop(serve, engine):
    """``await shop(module)``: a client of its routes, and one for an order."""

    async def shop(*modules):
        async with AsyncSession(engine) as session, session.begin():
            price = Decimal("4.90")
            session.add(ProductRow(sku="TEA-1", price=price, currency="EUR"))
        app = FastAPI()
        app.state.settings = ApiSettings(page_size=2)
        app.state.verify_token = PostgresTokens(engine)
        app.state.prices = PostgresPriceList(engine)
        app.state.unit_of_work = lambda: PostgresUnitOfWork(engine, unrecorded)
        for module in modules:
            app.include_router(module.my_orders)
        return await serve(app)

    return shop


@pytest.fixture
async def ann(engine):
    return (await sign_up(engine, "ann"))[1]


@pytest.fixture
async def eve(engine):
    return (await sign_up(engine, "eve"))[1]


@pytest.fixture
async def client(shop):
    return await shop(my_order_routes)


async def order_of(client, customer):
    """Where a new order of the customer is."""
    answer = await client.post("/orders", json=BASKET, headers=customer)
    assert answer.status_code == 201
    return answer.headers["Location"]


@fix_and_twin(
    "module",
    my_order_routes,
    my_order_routes_broken,
    "Eve reads Ann's order, and cancels it.",
)
@pytest.mark.parametrize("way", ["show", "cancel"])
async def test_an_order_is_its_customers_alone(shop, ann, eve, module, way):
    client = await shop(module, my_order_routes)
    path = await order_of(client, ann)

    if way == "show":
        answer = await client.get(path, headers=eve)
    else:
        answer = await client.post(
            f"{path}/cancellation", json=WHY, headers=eve
        )
    assert answer.status_code == 404
    shown = await client.get(path, headers=ann)
    assert shown.json()["status"] == "confirmed"


@pytest.mark.parametrize("module", [my_order_routes, my_order_routes_broken])
async def test_a_customer_sees_and_cancels_an_order(shop, ann, module):
    client = await shop(module, my_order_routes)
    path = await order_of(client, ann)

    cancelled = await client.post(f"{path}/cancellation", json=WHY, headers=ann)
    assert (cancelled.status_code, cancelled.content) == (204, b"")
    shown = await client.get(path, headers=ann)
    assert OrderView(**shown.json()).status == "cancelled"


async def test_somebody_elses_order_looks_like_one_that_never_was(
    client, ann, eve
):
    path = await order_of(client, ann)
    nowhere = f"/orders/{uuid4()}"
    for method, tail in (("GET", ""), ("POST", "/cancellation")):
        of_ann, of_nobody = [
            await client.request(
                method, where + tail, json=WHY if tail else None, headers=eve
            )
            for where in (path, nowhere)
        ]
        assert of_ann.text.replace(path[8:], nowhere[8:]) == of_nobody.text
        assert of_ann.status_code == of_nobody.status_code == 404


async def test_pages_show_my_orders_once(client, ann, eve):
    mine = [await order_of(client, ann) for _ in range(5)]
    await order_of(client, eve)

    seen, query = [], {}
    for _ in range(3):
        answer = await client.get("/orders", params=query, headers=ann)
        page = answer.json()
        seen += [f"/orders/{order['id']}" for order in page["orders"]]
        query = {"after": page["next"]}
    assert sorted(mine) == seen
    assert query == {"after": None}
    assert page["orders"][0] | {"id": None} == {
        "id": None,
        "status": "confirmed",
        "units": 2,
        "total": "9.80",
        "currency": "EUR",
    }


async def test_a_page_may_be_of_another_size(client, ann):
    for _ in range(3):
        await order_of(client, ann)
    page = await client.get("/orders?limit=100", headers=ann)
    assert len(page.json()["orders"]) == 3
    for limit in ("0", "101", "x"):
        answer = await client.get(f"/orders?limit={limit}", headers=ann)
        assert answer.status_code == 422


async def test_nothing_goes_without_a_token(client, ann):
    path = await order_of(client, ann)
    for method, where in (
        ("POST", "/orders"),
        ("GET", "/orders"),
        ("GET", path),
        ("POST", f"{path}/cancellation"),
    ):
        assert (await client.request(method, where)).status_code == 401


async def test_no_body_says_whose_order_it_is(client, ann, eve, engine):
    user_id = str((await sign_up(engine, "bob"))[0])
    answer = await client.post(
        "/orders", json=BASKET | {"customer_id": user_id}, headers=ann
    )
    assert answer.status_code == 422
    page = await client.get("/orders", headers=ann)
    assert page.json() == {"orders": [], "next": None}


async def test_what_the_order_refuses_is_told(client, ann):
    path = await order_of(client, ann)
    cancellation = f"{path}/cancellation"
    assert (
        await client.post(cancellation, json=WHY, headers=ann)
    ).status_code == 204
    again = await client.post(cancellation, json=WHY, headers=ann)

    assert again.status_code == 422
    assert again.json()["type"].endswith("/business-rule")


async def test_of_many_cancellations_at_once_one_counts(client, ann):
    path = await order_of(client, ann)
    answers = await asyncio.gather(
        *(
            client.post(f"{path}/cancellation", json=WHY, headers=ann)
            for _ in range(6)
        )
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 204
    assert set(statuses[1:]) <= {409, 422}


HOSTILE = [
    *("{}", '{"quantities": {}}', '{"quantities": null}', "null", "[]"),
    '{"quantities": {"TEA-1": 0}}',
    '{"quantities": {"TEA-1": 1e400}}',
    '{"quantities": {"TEA-1": NaN}}',
    '{"quantities": {"TEA-1": 2147483648}}',
    '{"quantities": {"TEA-1\\u0000": 1}}',
    '{"quantities": {"\\ud800": 1}}',
    '{"quantities": {"POT-1": 1}}',
    '{"quantities": {"TEA-1": 1}, "voucher": "\\u0000"}',
    '{"quantities": {"TEA-1": 1}, "total": 0}',
    json.dumps({"quantities": {f"TEA-{n}": 1 for n in range(101)}}),
    json.dumps({"quantities": {f"TEA-{n}": 1 for n in range(100)}}),
]
REASONS = [
    *("", "null", '""', '" "', '"a\\u0000"', '"\\ud800"', "1", "[]", "NaN"),
    json.dumps("x" * 201),
]


async def test_no_body_is_an_error_of_ours(client, ann):
    path = await order_of(client, ann)
    kind = {"Content-Type": "application/json"}
    for body in HOSTILE:
        answer = await client.post("/orders", content=body, headers=ann | kind)
        assert answer.status_code == 422, body
    for reason in REASONS:
        body = f'{{"reason": {reason}}}'
        answer = await client.post(
            f"{path}/cancellation", content=body, headers=ann | kind
        )
        assert answer.status_code == 422, reason
    shown = await client.get(path, headers=ann)
    assert shown.json()["status"] == "confirmed"
