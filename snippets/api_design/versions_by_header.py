"""The version in a header: one path, and the client says what it was built for.

A version is the day on which something changed. An unknown one is refused like
any invalid parameter, and OpenAPI lists those there are.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.datastructures import MutableHeaders

from ..architecture_patterns.tables import ProductRow
from .amended_route import AmendedRoute
from .problem_details import problem_responses
from .product_versions import ProductOfPath, ProductV1, ProductV2


class ApiVersion(StrEnum):
    """The versions that are served; the first is for clients that name none."""

    FIRST = "2024-03-01"
    PRICE_WITH_CURRENCY = "2026-11-02"


RequestedVersion = Annotated[ApiVersion, Header(alias="API-Version")]
ProductView = ProductV1 | ProductV2
PRODUCT_VIEWS: dict[ApiVersion, Callable[[ProductRow], ProductView]] = {
    ApiVersion.FIRST: ProductV1.of,
    ApiVersion.PRICE_WITH_CURRENCY: ProductV2.of,
}


class VersionedRoute(AmendedRoute):
    """Tells caches to keep an answer for each version (RFC 9110, 12.5.5)."""

    def amend(self, headers: MutableHeaders) -> None:
        headers.add_vary_header("API-Version")


products = APIRouter(
    prefix="/products", tags=["products"], route_class=VersionedRoute
)


@products.get("/{sku}", responses=problem_responses(404))
async def show_product(
    product: ProductOfPath, version: RequestedVersion = ApiVersion.FIRST
) -> ProductView:
    """One product, as it was shown on the day of the version."""
    return PRODUCT_VIEWS[version](product)
