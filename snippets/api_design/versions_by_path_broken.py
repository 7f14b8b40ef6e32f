"""Broken: a new version that is a new path for the same, changed schema."""

from fastapi import APIRouter

from .product_versions import ProductOfPath, ProductV2

products = APIRouter(prefix="/products")


@products.get("/{sku}")
async def show_product(product: ProductOfPath) -> ProductV2:
    return ProductV2.of(product)


products_v1 = APIRouter(prefix="/v1")
products_v2 = APIRouter(prefix="/v2")
products_v1.include_router(products)
products_v2.include_router(products)
