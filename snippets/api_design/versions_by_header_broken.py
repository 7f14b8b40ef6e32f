"""Broken: the answer depends on a header, and no cache is told."""

from fastapi import APIRouter

from .product_versions import ProductOfPath
from .versions_by_header import (
    PRODUCT_VIEWS,
    ApiVersion,
    ProductView,
    RequestedVersion,
)

products = APIRouter(prefix="/products", tags=["products"])


@products.get("/{sku}")
async def show_product(
    product: ProductOfPath, version: RequestedVersion = ApiVersion.FIRST
) -> ProductView:
    return PRODUCT_VIEWS[version](product)
