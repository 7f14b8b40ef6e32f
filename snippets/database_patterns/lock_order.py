"""Several rows at once, locked in one order by everybody: nobody deadlocks.

Two carts hold a mug and a cup, in different orders. The rows are locked as the
statement sorts them, not as the customer did.
"""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ..code_style.errors import InsufficientStockError
from ..code_style.storable_text import is_storable
from ..domain_driven_design.optimistic_version import StockNotFoundError
from ..domain_driven_design.row_lock import HotStockRow


async def reserve_cart(
    session: AsyncSession, pieces: Mapping[str, int]
) -> None:
    """Take pieces of all articles, by SKU, in the caller's transaction.

    The locks are held to its end. Nothing is taken if anything is raised.

    Raises:
        ValueError: less than one piece of something.
        StockNotFoundError: the shop has no such article.
        InsufficientStockError: there are too few of one.
    """
    if any(wanted < 1 for wanted in pieces.values()):
        raise ValueError(f"Not numbers of pieces: {pieces}")
    if not is_storable(pieces):
        raise StockNotFoundError(f"There are no {list(pieces)}")
    locked = await session.scalars(
        select(HotStockRow)
        .where(HotStockRow.sku.in_(pieces))
        .order_by(HotStockRow.sku)
        .with_for_update(key_share=True)  # FOR NO KEY UPDATE
        .execution_options(populate_existing=True)
    )
    rows = {row.sku: row for row in locked}
    if missing := sorted(pieces.keys() - rows.keys()):
        raise StockNotFoundError(f"There is no {', '.join(missing)}")
    for sku, wanted in pieces.items():
        if rows[sku].on_hand < wanted:
            raise InsufficientStockError.of(sku, wanted, rows[sku].on_hand)
    for sku, wanted in pieces.items():
        rows[sku].on_hand -= wanted
