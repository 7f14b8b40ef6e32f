"""Product versions: each shows what its clients have seen all along."""

from decimal import Decimal

import pytest
from fastapi import APIRouter

from snippets.api_design.product_versions import (
    ProductOfPath,
    ProductV1,
    ProductV2,
)
from snippets.architecture_patterns.tables import ProductRow
from tests.snippets.api_design.products import SHOWN, store_tea

TEA = ProductRow(sku="TEA-1", price=Decimal("4.900"), currency="EUR")


@pytest.mark.parametrize(("version", "view"), [(1, ProductV1), (2, ProductV2)])
def test_a_version_shows_what_it_always_has(version, view):
    assert view.of(TEA).model_dump(mode="json") == SHOWN[version]


@pytest.fixture
async def client(serve, engine):
    router = APIRouter()

    @router.get("/{sku}")
    async def price(product: ProductOfPath) -> Decimal:
        return product.price

    await store_tea(engine)
    return await serve(router)


@pytest.mark.parametrize(
    ("sku", "status"),
    [("TEA-1", 200), ("POT-1", 404), ("tea", 422), ("TEA-1%00", 422)],
)
async def test_a_product_is_found_by_its_sku(client, sku, status):
    assert (await client.get(f"/{sku}")).status_code == status
