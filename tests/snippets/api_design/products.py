"""A product for tests of its versions."""

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from snippets.architecture_patterns.tables import ProductRow

SHOWN = {
    1: {"sku": "TEA-1", "price": "4.900", "currency": "EUR"},
    2: {"sku": "TEA-1", "price": {"amount": "4.900", "currency": "EUR"}},
}


async def store_tea(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session, session.begin():
        session.add(
            ProductRow(sku="TEA-1", price=Decimal("4.90"), currency="EUR")
        )
