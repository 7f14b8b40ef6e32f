"""The whole API: Schemathesis, a generated client, and the released document.

``make fuzz`` asks it some ten thousand times, this suite a few hundred.
"""

import asyncio
import importlib
import os
import sys
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from guide.layout import ROOT
from snippets.api_design import main
from snippets.api_design.assembled_api import V1_ENDS
from snippets.api_design.current_user import Principal
from snippets.api_design.dependencies import ApiSettings
from snippets.api_design.generated_client import generate_client
from snippets.api_design.openapi_compatibility import breaking_changes
from snippets.api_design.user_table import Role, UserRow
from snippets.code_style.clock import SystemClock
from snippets.database_patterns.models import BuyerRow, InvoiceRow
from tests.snippets.api_design.golden import current, released
from tests.snippets.api_design.products import SHOWN, store_tea
from tests.support.http import served

ADMIN = Principal(UUID(int=1), Role.ADMIN)
BUYER = UUID(int=2)
TOKEN = "of-admin"  # noqa: S105 - opens nothing but this test's database
EXAMPLES = os.environ.get("EXAMPLES", "")  # for each operation, in all phases
BRIEFLY = (
    "--phases=fuzzing,stateful",
    "--max-examples=5",
    "--generation-deterministic",
)
KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"
PDF = b"%PDF-1.7 of an invoice"


class Counted:
    """An application, and how many requests it had."""

    def __init__(self, app):
        self.app, self.requests = app, 0

    async def __call__(self, scope, receive, send):
        self.requests += scope["type"] == "http"
        await self.app(scope, receive, send)


@pytest.fixture
async def app(engine, asyncpg_url, tmp_path):
    """The service with a little of all, where one token is an admin's."""
    await store_tea(engine)
    async with AsyncSession(engine) as session, session.begin():
        admin = UserRow(id=ADMIN.user_id, email="a@shop.example", name="A")
        session.add_all([admin, BuyerRow(id=BUYER, email="b@c.de", name="B")])
        await session.flush()
        session.add(InvoiceRow(buyer_id=BUYER, currency="EUR", total=5))

    async def verify(token):
        return {TOKEN: ADMIN}.get(token)

    files = tmp_path / "files"
    files.mkdir()
    app = main.create_app(asyncpg_url, ApiSettings(files=files))
    app.state.verify_token = verify
    return app


@pytest.mark.timeout(0 if EXAMPLES else 600)
async def test_schemathesis_finds_nothing(app, tmp_path):
    amount = [f"--max-examples={EXAMPLES}"] if EXAMPLES else BRIEFLY
    counted = Counted(app)
    async with served(counted) as url:
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("schemathesis"),
            "--config-file",
            ROOT / "snippets/api_design/schemathesis.toml",
            "run",
            f"{url}/openapi.json",
            *amount,
            cwd=tmp_path,
            env=os.environ | {"TOKEN": TOKEN, "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()

    print(said.decode(), f"{counted.requests} requests")  # noqa: T201 - figures
    assert process.returncode == 0, said.decode()
    assert counted.requests > 100


class Client:
    """The generated package; notes which operations were called."""

    def __init__(self, package, url):
        self._package = package
        self._client = self.module("client").AuthenticatedClient(
            url, TOKEN, raise_on_unexpected_status=True
        )
        self.called = set()

    def module(self, name):
        return importlib.import_module(f"{self._package}.{name}")

    def __getattr__(self, model):
        return getattr(self.module("models"), model)

    async def call(self, operation, *path, status=200, **values):
        """What was parsed, and the headers, of ``tag.operation``."""
        self.called.add(operation.rpartition(".")[2])
        answer = await self.module(f"api.{operation}").asyncio_detailed(
            *path, client=self._client, **values
        )
        assert answer.status_code == status, answer.content
        return answer.parsed, answer.headers

    async def close(self):
        await self._client.get_async_httpx_client().aclose()


@pytest.fixture
async def client(app, tmp_path, monkeypatch):
    generate_client(app.openapi(), tmp_path / "shop_client")
    monkeypatch.syspath_prepend(tmp_path)
    async with served(app) as url:
        client = Client("shop_client", url)
        yield client
        await client.close()


def at(headers):
    return UUID(headers["Location"].rpartition("/")[2])


async def users(c):
    new = c.NewUser(email="ann@shop.example", name="Ann")
    ann, headers = await c.call("users.create_user", body=new, status=201)
    assert (ann.name, ann.id) == ("Ann", at(headers))
    refused, _ = await c.call("users.create_user", body=new, status=409)
    assert refused.status == 409
    listed, _ = await c.call("users.list_users", limit=1, after=ADMIN.user_id)
    assert listed.users == [ann]
    assert (await c.call("users.show_user", ann.id))[0] == ann
    patch = c.UserPatch(phone="+4930123456")
    changed, _ = await c.call("users.change_user", ann.id, body=patch)
    assert changed.phone == "+4930123456"

    _, headers = await c.call("users.show_user_if_changed", ann.id)
    seen = {"if_none_match": headers["ETag"], "status": 304}
    await c.call("users.show_user_if_changed", ann.id, **seen)
    for status in (200, 412):
        await c.call(
            "users.replace_user_if_unchanged",
            ann.id,
            body=new,
            if_match=headers["ETag"],
            status=status,
        )
    ids = [ann.id]
    assert (await c.call("sign_ins.list_sign_ins", user_id=ids))[0] == []
    ended, _ = await c.call("sign_ins.end_sign_ins", user_id=ids)
    assert ended.ended == 0
    await c.call("users.delete_user", ann.id, status=204)

    assert (await c.call("me.show_me"))[0].id == ADMIN.user_id
    me, _ = await c.call("me.change_me", body=c.UserPatch(name="Admin"))
    assert me.name == "Admin"


async def orders(c):
    for operation, version in (("_v1", 1), ("_v2", 2), ("", 1)):
        show = f"products.show_product{operation}"
        assert (await c.call(show, "TEA-1"))[0].to_dict() == SHOWN[version]
    units = c.MyOrderRequestQuantities.from_dict({"TEA-1": 2})
    wanted = c.MyOrderRequest(quantities=units)
    order, headers = await c.call(
        "orders.place_my_order", body=wanted, status=201
    )
    assert (order.total, order.id) == ("9.80", at(headers))
    assert (await c.call("orders.show_my_order", order.id))[0] == order
    listed, _ = await c.call("orders.list_my_orders")
    assert [each.id for each in listed.orders] == [order.id]
    why = c.Cancellation(reason="Too much tea")
    await c.call("orders.cancel_my_order", order.id, body=why, status=204)


async def invoices(c):
    new = c.NewInvoice(buyer_id=BUYER, currency="EUR", total="12.50")
    for _ in range(2):
        issued, _ = await c.call(
            "invoices.issue_invoice",
            body=new,
            idempotency_key=KEY,
            status=201,
        )
    line = c.InvoiceLineBody(sku="TEA-1", quantity=2, unit_price="6.25")
    await c.call("invoices.put_line", issued.id, 1, body=line, status=204)
    details = c.PutDetailsDetails.from_dict({"note": "by hand"})
    await c.call("invoices.put_details", issued.id, body=details, status=204)

    page, _ = await c.call("invoices.list_invoices", limit=1)
    assert page.items[0].id == issued.id
    rest, _ = await c.call("invoices.list_invoices", cursor=page.next_)
    assert len(rest.items) == 1
    largest, _ = await c.call(
        "invoices.search_invoices", sort=c.InvoiceSort.VALUE_2, min_total=10
    )
    assert [each.id for each in largest] == [issued.id]
    assert (await c.call("invoices.show_page"))[0].total == 2
    table, _ = await c.call("invoices.export_invoices", buyer_id=BUYER)
    assert table.count("\r\n") == 3

    payment = c.PaymentItem(id=uuid4(), invoice_id=issued.id, amount=12.5)
    paid, _ = await c.call(
        "payments.record_payments",
        body=c.PaymentBatch(payments=[payment]),
    )
    assert paid.failed == 0
    await files(c, issued.id)


async def files(c, invoice_id):
    file = c.module("types").File(payload=BytesIO(PDF), file_name="a.pdf")
    attached, headers = await c.call(
        "attachments.attach",
        invoice_id,
        body=c.BodyAttach(file=file),
        status=201,
    )
    assert attached.size == len(PDF)
    await c.call("attachments.download", at(headers))


async def jobs(c):
    wanted = c.StatementRequest(buyer_id=BUYER)
    job, headers = await c.call(
        "statements.request_statement", body=wanted, status=202
    )
    assert job.id == at(headers)
    assert (await c.call("jobs.show_job", job.id))[0].id == job.id
    none, _ = await c.call("jobs.job_result", job.id, status=404)
    assert none.type_.endswith("/not-found")
    canceled, _ = await c.call("jobs.cancel_own_job", job.id)
    assert canceled.status == "canceled"


async def test_a_generated_client_can_call_every_operation(client, app):
    for part in (users, orders, invoices, jobs):
        await part(client)

    operations = {
        operation["operationId"]
        for path in app.openapi()["paths"].values()
        for operation in path.values()
    }
    assert client.called == operations


def test_clients_of_the_released_api_are_not_broken():
    assert breaking_changes(released(), current()) == []


def test_a_break_would_be_named():
    changed = current()
    del changed["paths"]["/me"]
    user = changed["components"]["schemas"]["UserView"]
    user["required"].remove("name")

    lines = breaking_changes(released(), changed)
    assert "GET /me: is gone" in lines
    assert "GET /users/{user_id} 200.name: may be absent" in lines


async def test_the_first_version_has_an_end(app):
    path = "/v1/products/TEA-1"
    async with (
        served(app) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        answer = await client.get(path)

    over = SystemClock().now() >= V1_ENDS.sunset
    assert answer.status_code == (410 if over else 200)
    assert answer.headers["Deprecation"].startswith("@")
    show = app.openapi()["paths"]["/v1/products/{sku}"]["get"]
    assert show["deprecated"] is True
