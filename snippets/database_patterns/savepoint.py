"""Savepoint: a part of a transaction that may fail, and takes nothing with it.

A refused voucher must not cost the order. In PostgreSQL, any error ends the
transaction, unless a savepoint was set before it.
"""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..code_style.storable_text import is_storable
from ..domain_driven_design.persistence import Base

REFUSED = {"23505", "23514"}  # by this buyer's redemption; no use left


class VoucherRow(Base):
    """A code that a number of buyers may use, each once."""

    __tablename__ = "vouchers"
    __table_args__ = (CheckConstraint("uses_left >= 0"),)

    code: Mapped[str] = mapped_column(primary_key=True)
    uses_left: Mapped[int]


class RedemptionRow(Base):
    """Who has used a voucher."""

    __tablename__ = "redemptions"

    code: Mapped[str] = mapped_column(
        ForeignKey("vouchers.code"), primary_key=True
    )
    buyer_id: Mapped[UUID] = mapped_column(
        ForeignKey("buyers.id"), primary_key=True
    )


async def redeem(session: AsyncSession, code: str, buyer_id: UUID) -> bool:
    """Use the voucher in the caller's transaction; it decides nothing.

    False if there is no such voucher, it is used up, or the buyer has used it:
    then nothing of this was done, and all that was done before stands.
    """
    if not is_storable(code):
        return False
    await session.flush()  # an error of the caller's is no refusal
    use = update(VoucherRow).where(VoucherRow.code == code)
    try:
        async with session.begin_nested():
            left = await session.scalar(
                use.values(uses_left=VoucherRow.uses_left - 1).returning(
                    VoucherRow.uses_left
                )
            )
            if left is None:
                return False
            await session.execute(
                insert(RedemptionRow).values(code=code, buyer_id=buyer_id)
            )
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) not in REFUSED:
            raise
        return False
    return True
