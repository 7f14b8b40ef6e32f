"""A plain session: the whole pattern where a table has no rules.

SQLAlchemy's session already is a unit of work, and its query language already
hides the database. What is missing, such as a rule, a second source or an
event, is not needed here.
"""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from ..code_style.errors import NotFoundError
from ..code_style.storable_text import is_storable
from ..domain_driven_design.money import Money
from .tables import ProductRow


async def change_price(engine: AsyncEngine, sku: str, price: Money) -> None:
    """Set a product's price; commits on leaving the block, or rolls back.

    Raises:
        NotFoundError: no such product.
    """
    if not is_storable(sku):  # no row can have it
        raise NotFoundError(f"There is no product {sku!r}")
    change = update(ProductRow).where(ProductRow.sku == sku)
    async with AsyncSession(engine) as session, session.begin():
        changed = await session.scalar(
            change.values(
                price=price.amount, currency=price.currency
            ).returning(ProductRow.sku)
        )
    if changed is None:
        raise NotFoundError(f"There is no product {sku}")
