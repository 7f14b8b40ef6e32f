"""Upsert: insert, or else update, decided by PostgreSQL in one statement.

Two who do it at the same time do not collide: the second waits for the first
to commit, and then finds its row.
"""

from collections.abc import Collection

from sqlalchemy import Boolean, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from .bulk_insert import NewBuyer
from .models import BuyerRow


async def buyer_for(session: AsyncSession, new: NewBuyer) -> BuyerRow:
    """The buyer of that address, made if there is none; the name then counts.

    In a transaction at READ COMMITTED. At a stricter level PostgreSQL ends it
    (40001) where somebody was faster: repeat it.

    Raises:
        NoResultFound: it was there, and was deleted just now.
    """
    made: BuyerRow | None = await session.scalar(
        insert(BuyerRow)
        .values(email=new.email, name=new.name)
        .on_conflict_do_nothing(index_elements=[BuyerRow.email])
        .returning(BuyerRow)
    )
    if made is not None:
        return made
    query = select(BuyerRow).where(BuyerRow.email == new.email)
    return (await session.scalars(query)).one()


async def save_buyers(
    session: AsyncSession, buyers: Collection[NewBuyer]
) -> dict[str, bool]:
    """Those that were written, by address: True if new, False if changed.

    The last of one address counts. What is as it should be is left alone.
    Addresses are taken in their order, so that two imports do not deadlock.
    """
    latest = {buyer.email: buyer.name for buyer in buyers}
    if not latest:
        return {}
    upsert = insert(BuyerRow)
    offered = upsert.excluded
    rows = await session.execute(
        upsert.on_conflict_do_update(
            index_elements=[BuyerRow.email],
            set_={"name": offered.name, "updated_at": func.now()},
            where=BuyerRow.name.is_distinct_from(offered.name),
        ).returning(
            BuyerRow.email,
            literal_column("old.id is null", Boolean),  # PostgreSQL 18
        ),
        [{"email": email, "name": latest[email]} for email in sorted(latest)],
    )
    return dict(rows.all())
