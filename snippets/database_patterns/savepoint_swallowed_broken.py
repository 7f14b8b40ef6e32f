"""Broken: catches the error, in a transaction that has ended with it."""

from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from .savepoint import RedemptionRow, VoucherRow


async def redeem(session: AsyncSession, code: str, buyer_id: UUID) -> bool:
    use = update(VoucherRow).where(VoucherRow.code == code)
    try:
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
    except IntegrityError:
        return False
    return True
