"""The version in the path: one router for each, side by side."""

from fastapi import APIRouter

from .problem_details import problem_responses
from .product_versions import ProductOfPath, ProductV1, ProductV2

REFUSALS = problem_responses(404)

products_v1 = APIRouter(prefix="/v1/products", tags=["products"])
products_v2 = APIRouter(prefix="/v2/products", tags=["products"])


@products_v1.get("/{sku}", responses=REFUSALS)
async def show_product_v1(product: ProductOfPath) -> ProductV1:
    """One product, with its price in two fields."""
    return ProductV1.of(product)


@products_v2.get("/{sku}", responses=REFUSALS)
async def show_product_v2(product: ProductOfPath) -> ProductV2:
    """One product, with its price as an amount of a currency."""
    return ProductV2.of(product)
