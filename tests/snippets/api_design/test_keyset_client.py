"""A client that reads a whole list while it grows."""

from datetime import timedelta

import httpx
import pytest

from snippets.api_design.keyset_client import every_invoice
from snippets.api_design.keyset_pagination import invoice_list
from tests.snippets.api_design.invoices import START, buyer, issue


@pytest.fixture
async def client(serve):
    return await serve(invoice_list)


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
async def test_it_gets_each_invoice_the_newest_first(client, engine, limit):
    moments = [START + timedelta(days=n) for n in range(5)]
    ids = await issue(engine, await buyer(engine), *moments)

    found = [each["id"] async for each in every_invoice(client, limit)]

    assert found == [str(each) for each in reversed(ids)]


async def test_an_error_ends_it(client):
    with pytest.raises(httpx.HTTPStatusError):
        await anext(every_invoice(client, limit=101))
