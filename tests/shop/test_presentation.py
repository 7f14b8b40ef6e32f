"""order_routes and schemas over real HTTP: what the service answers, above all
to bad input.
"""

import asyncio
import json
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tests.shop.conftest import CUSTOMER

PROBLEM = "application/problem+json"

UNKNOWN = "02c69a47-8225-4222-875e-b3ab9ce666f8"  # alike in each worker


async def test_a_placed_order_is_created_and_can_be_read(client, an_order):
    created = await client.post("/orders", json=an_order(TEA_1=2, POT_1=1))

    assert created.status_code == 201
    order = created.json()
    assert order == {
        "id": order["id"],
        "customer_id": str(CUSTOMER.id),
        "status": "pending",
        "lines": [
            {
                "sku": "TEA-1",
                "quantity": 2,
                "unit_price": {"amount": "4.41", "currency": "EUR"},
            },
            {
                "sku": "POT-1",
                "quantity": 1,
                "unit_price": {"amount": "27.00", "currency": "EUR"},
            },
        ],
        "total": {"amount": "35.82", "currency": "EUR"},
    }
    shown = await client.get(created.headers["Location"])
    assert shown.json() == order


async def test_an_order_that_is_sent_twice_is_placed_once(
    client, postgres, an_order
):
    key = {"Idempotency-Key": str(uuid4())}
    first, second = await asyncio.gather(
        *(
            client.post("/orders", json=an_order(TEA_1=2), headers=key)
            for _ in range(2)
        )
    )
    again = await client.post("/orders", json=an_order(TEA_1=2), headers=key)

    answers = {first.status_code, second.status_code}
    assert answers in ({201}, {201, 409})  # asked in turn, or at once
    assert again.status_code == 201
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == f"/orders/{again.json()['id']}"
    (order,) = (await client.get("/orders")).json()["orders"]
    assert order["id"] == again.json()["id"]
    assert len(await postgres.sagas()) == 1


async def test_a_key_is_for_one_order(client, an_order):
    key = {"Idempotency-Key": str(uuid4())}
    await client.post("/orders", json=an_order(TEA_1=1), headers=key)

    other = await client.post("/orders", json=an_order(TEA_1=2), headers=key)

    assert other.status_code == 422
    assert other.json()["type"].endswith("/idempotency-key-reused")


async def test_what_is_wrong_with_an_order_is_pointed_at(client, an_order):
    order = an_order(TEA_1=1, POT_1=0)

    answer = await client.post("/orders", json=order)

    (error,) = answer.json()["errors"]
    assert error["pointer"] == "#/lines/1/quantity"


async def test_a_body_of_more_than_a_megabyte_is_refused(client):
    answer = await client.post("/orders", content=b" " * 1_000_001)

    assert answer.status_code == 413


async def test_the_document_promises_problem_details(client):
    document = (await client.get("/openapi.json")).json()

    for operations in document["paths"].values():
        for operation in operations.values():
            for answer in ("4XX", "5XX"):
                assert PROBLEM in operation["responses"][answer]["content"]
            assert "422" not in operation["responses"]


async def test_an_order_without_a_key_is_refused(client, an_order):
    answer = await client.post(
        "/orders", json=an_order(TEA_1=1), headers={"Idempotency-Key": ""}
    )

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == PROBLEM
    assert (await client.get("/orders")).json()["orders"] == []


async def test_orders_are_listed_in_pages(client, an_order):
    for _ in range(3):
        await client.post("/orders", json=an_order(TEA_1=1))

    page = (await client.get("/orders?limit=2")).json()
    rest = (await client.get(f"/orders?limit=2&after={page['next']}")).json()

    assert len(page["orders"]) == 2
    assert len(rest["orders"]) == 1
    assert rest["next"] is None
    assert rest["orders"][0] == {
        "id": rest["orders"][0]["id"],
        "customer_id": str(CUSTOMER.id),
        "status": "pending",
        "pieces": 1,
        "total": {"amount": "4.41", "currency": "EUR"},
    }


async def test_orders_are_listed_by_customer(client, an_order):
    await client.post("/orders", json=an_order(TEA_1=1))

    mine = await client.get(f"/orders?customer_id={CUSTOMER.id}")
    others = await client.get(f"/orders?customer_id={uuid4()}")

    assert len(mine.json()["orders"]) == 1
    assert others.json() == {"orders": [], "next": None}


async def test_a_confirmed_order_can_be_cancelled_once(
    client, postgres, an_order
):
    order = (await client.post("/orders", json=an_order(TEA_1=1))).json()
    async with postgres.unit_of_work() as work:
        paid = await work.orders.get(UUID(order["id"]))
        paid.confirm()
        await work.orders.save(paid)
        await work.commit()
    path, body = f"/orders/{order['id']}/cancellation", {"reason": "Too dear"}

    first = await client.post(path, json=body)
    second = await client.post(path, json=body)

    assert first.json()["status"] == "cancelled"
    assert second.status_code == 409
    assert second.json()["type"].endswith("/order-not-cancellable")


async def test_an_order_that_is_being_paid_for_is_not_cancelled(
    client, an_order
):
    order = (await client.post("/orders", json=an_order(TEA_1=1))).json()

    answer = await client.post(
        f"/orders/{order['id']}/cancellation", json={"reason": "Too dear"}
    )

    assert answer.status_code == 409
    assert answer.json()["detail"] == "The order is being paid for: wait"


def order_of(**changes):
    line = {"sku": "TEA-1", "quantity": 1}
    return {"customer_id": str(CUSTOMER.id), "lines": [line], **changes}


def lines_of(**changes):
    return order_of(lines=[{"sku": "TEA-1", "quantity": 1, **changes}])


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        pytest.param({}, 422, "invalid-request", id="nothing"),
        pytest.param([], 422, "invalid-request", id="no object"),
        pytest.param(
            order_of(customer_id="Ada"), 422, "invalid-request", id="no id"
        ),
        pytest.param(
            order_of(customer_id=str(uuid4())),
            *(422, "unknown-customer"),
            id="unknown customer",
        ),
        pytest.param(order_of(lines=[]), 422, "invalid-request", id="no lines"),
        pytest.param(
            lines_of(quantity=0), 422, "invalid-request", id="no pieces"
        ),
        pytest.param(
            lines_of(price="0.01"), 422, "invalid-request", id="a price"
        ),
        pytest.param(
            order_of(status="confirmed"), 422, "invalid-request", id="a status"
        ),
        pytest.param(lines_of(quantity="1"), 422, "invalid-request", id="text"),
        pytest.param(
            lines_of(quantity=True), 422, "invalid-request", id="a truth"
        ),
        pytest.param(
            lines_of(quantity=10**30), 422, "invalid-request", id="too many"
        ),
        pytest.param(lines_of(sku="TEA\x00"), 422, "invalid-request", id="NUL"),
        pytest.param(
            lines_of(sku="\ud800"), 422, "invalid-request", id="surrogate"
        ),
        pytest.param(
            lines_of(sku="TEA-1\n"), 422, "invalid-request", id="line break"
        ),
        pytest.param(
            lines_of(sku="T" * 33), 422, "invalid-request", id="long SKU"
        ),
        pytest.param(
            lines_of(sku="NOTHING"), 422, "unknown-product", id="not sold"
        ),
        pytest.param(
            order_of(lines=2 * order_of()["lines"]),
            *(422, "invalid-order"),
            id="one article twice",
        ),
    ],
)
async def test_a_bad_order_gets_a_problem_document(client, body, status, kind):
    answer = await client.post("/orders", content=json.dumps(body))

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.json()["status"] == status
    assert answer.json()["type"].endswith(f"/{kind}")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"\xff", 400),
        (b'{"lines": NaN}', 422),
        (b'{"lines": ' + b"9" * 5000 + b"}", 400),
        (b"[" * 100_000, 400),
    ],
)
async def test_a_body_that_is_no_json_gets_a_problem_document(
    client, content, status
):
    answer = await client.post("/orders", content=content)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.json()["status"] == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", f"/orders/{UNKNOWN}", 404),
        ("GET", "/orders/1/events", 422),
        ("GET", "/orders/1", 422),
        ("GET", "/orders?limit=0", 422),
        ("GET", "/orders?limit=101", 422),
        ("GET", "/orders?after=1", 422),
        ("GET", f"/orders?customers_id={UNKNOWN}", 422),
        ("GET", "/orders?customer_id=%00", 422),
        ("DELETE", "/orders", 405),
        ("PUT", f"/orders/{UNKNOWN}", 405),
        ("POST", f"/orders/{UNKNOWN}/cancellation", 422),
    ],
)
async def test_a_bad_request_gets_a_problem_document(
    client, method, path, status
):
    answer = await client.request(method, path)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.json()["status"] == status


@pytest.mark.parametrize(
    "reason", ["", " ", "\x00", "\ud800", "x" * 201, None, 1]
)
async def test_a_bad_reason_gets_a_problem_document(client, an_order, reason):
    order = (await client.post("/orders", json=an_order(TEA_1=1))).json()

    answer = await client.post(
        f"/orders/{order['id']}/cancellation",
        content=json.dumps({"reason": reason}),
    )

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == PROBLEM


async def test_without_its_table_the_answer_tells_nothing(client, engine):
    await client.get("/orders")  # the service has started
    async with engine.begin() as connection:
        await connection.execute(text("drop table orders cascade"))

    answer = await client.get("/orders")

    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
    }


async def test_a_product_that_nobody_can_read_is_told_to_the_operator(
    client, older_tables, an_order, caplog
):
    await older_tables(
        "update products set currency = 'XXX' where sku = 'TEA-1'"
    )

    unreadable = await client.post("/orders", json=an_order(TEA_1=1))
    other = await client.post("/orders", json=an_order(POT_1=1))

    assert unreadable.status_code == 503
    assert "XXX" not in unreadable.text
    assert other.status_code == 201
    assert "products, row TEA-1: Unknown currency: 'XXX'" in caplog.text
