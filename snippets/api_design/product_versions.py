"""Two versions of one answer: each is a schema of its own, made from one row.

Version 1 had the price as two fields beside each other. What clients have seen
stays as it is; a test for each version says what that was.
"""

from decimal import Decimal
from typing import Annotated, Self

from fastapi import Depends, Path
from pydantic import BaseModel

from ..architecture_patterns.request_session import RequestSession
from ..architecture_patterns.tables import ProductRow
from ..code_style.errors import NotFoundError

Sku = Annotated[str, Path(pattern=r"^[A-Z0-9-]{1,32}$", examples=["TEA-1"])]


class ProductV1(BaseModel):
    """A product as clients of version 1 see it, unchanged since 2024."""

    sku: str
    price: Decimal
    currency: str

    @classmethod
    def of(cls, row: ProductRow) -> Self:
        return cls(sku=row.sku, price=row.price, currency=row.currency)


class Price(BaseModel):
    """An amount, as a string in JSON, and its currency."""

    amount: Decimal
    currency: str


class ProductV2(BaseModel):
    """A product as clients of version 2 see it."""

    sku: str
    price: Price

    @classmethod
    def of(cls, row: ProductRow) -> Self:
        price = Price(amount=row.price, currency=row.currency)
        return cls(sku=row.sku, price=price)


async def product_of_path(sku: Sku, session: RequestSession) -> ProductRow:
    """What all versions share: one product, however it is shown.

    Raises:
        NotFoundError: there is none.
    """
    row = await session.get(ProductRow, sku)
    if row is None:
        raise NotFoundError(f"There is no product {sku}")
    return row


ProductOfPath = Annotated[ProductRow, Depends(product_of_path)]
