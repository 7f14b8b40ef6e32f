"""A plain session: the whole pattern where a table has no rules.

SQLAlchemy's session already is a unit of work, and its query language already
hides the database. What is missing, such as a rule, a second source or an
event, is not needed here.
"""

from decimal import Decimal

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from ..code_style.errors import NotFoundError
from .order_values import is_text
from .tables import ProductRow


async def change_price(engine: AsyncEngine, sku: str, price: Decimal) -> None:
    """Set a product's price; commits on leaving the block, or rolls back.

    Raises:
        NotFoundError: no such product.
    """
    if not is_text(sku):  # no row can have it
        raise NotFoundError(f"There is no product {sku!r}")
    change = update(ProductRow).where(ProductRow.sku == sku)
    async with AsyncSession(engine) as session, session.begin():
        changed = await session.scalar(
            change.values(price=price).returning(ProductRow.sku)
        )
    if changed is None:
        raise NotFoundError(f"There is no product {sku}")
