"""A customer, two products and their stock, so that a new shop can sell."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase

from .tables import CustomerRow, ProductRow, StockRow

DEMO_CUSTOMER_ID = UUID("5f0c9b1e-8d51-4b07-9a51-7a1d0c2f6e11")
DEMO_ROWS: tuple[tuple[type[DeclarativeBase], dict[str, object]], ...] = (
    (
        CustomerRow,
        {
            "id": DEMO_CUSTOMER_ID,
            "name": "Ada Lovelace",
            "email": "ada@example.com",
            "tier": "gold",
        },
    ),
    (
        ProductRow,
        {
            "sku": "TEA-1",
            "name": "Green tea, 100 g",
            "price": Decimal("4.90"),
            "currency": "EUR",
        },
    ),
    (
        ProductRow,
        {
            "sku": "POT-1",
            "name": "Tea pot, 1.2 l",
            "price": Decimal("30.00"),
            "currency": "EUR",
        },
    ),
    (StockRow, {"sku": "TEA-1", "on_hand": 1000}),
    (StockRow, {"sku": "POT-1", "on_hand": 3}),
)


async def insert_demo_data(connection: AsyncConnection) -> None:
    """Insert what is not there; rows that are there stay as they are."""
    for table, values in DEMO_ROWS:
        await connection.execute(
            insert(table).values(values).on_conflict_do_nothing()
        )
