"""Broken: the rule fetches for itself, so the domain knows the database."""

from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

SILVER_FROM = Decimal(500)
GOLD_FROM = Decimal(2000)
TOTAL_PAID = text(
    "select coalesce(sum(amount), 0) from payments where customer_id = :id"
)


class LoyaltyTier(StrEnum):
    """How good a customer somebody is."""

    STANDARD = "standard"
    SILVER = "silver"
    GOLD = "gold"


async def tier_of(session: AsyncSession, customer_id: UUID) -> LoyaltyTier:
    """The tier of a customer, by what they have paid so far, in euros."""
    total = await session.scalar(TOTAL_PAID, {"id": customer_id})
    if total >= GOLD_FROM:
        return LoyaltyTier.GOLD
    if total >= SILVER_FROM:
        return LoyaltyTier.SILVER
    return LoyaltyTier.STANDARD
