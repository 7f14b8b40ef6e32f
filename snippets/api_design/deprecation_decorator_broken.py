"""Broken: Python's decorator, which tells whoever reads the server's log."""

from fastapi import APIRouter
from typing_extensions import deprecated

from .product_versions import ProductOfPath, ProductV1

products_v1 = APIRouter(prefix="/v1/products")


@products_v1.get("/{sku}")
@deprecated("Use /v2/products")
async def show_product_v1(product: ProductOfPath) -> ProductV1:
    return ProductV1.of(product)
