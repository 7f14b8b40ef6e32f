"""A rule of the domain: it is given what it decides on.

Who calls it fetches the amounts. So it runs in a test without a database, and
the import contract of its layer holds.
"""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

SILVER_FROM = Decimal(500)
GOLD_FROM = Decimal(2000)


class LoyaltyTier(StrEnum):
    """How good a customer somebody is."""

    STANDARD = "standard"
    SILVER = "silver"
    GOLD = "gold"


def tier_of(paid: Iterable[Decimal]) -> LoyaltyTier:
    """The tier of a customer who has paid these amounts, in euros."""
    total = sum(paid, start=Decimal(0))
    if total >= GOLD_FROM:
        return LoyaltyTier.GOLD
    if total >= SILVER_FROM:
        return LoyaltyTier.SILVER
    return LoyaltyTier.STANDARD
