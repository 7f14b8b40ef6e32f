"""A domain service: what an order costs this customer with this promotion.

The rule needs the order, the customer's tier and the promotion, and belongs
to none of them. It is pure: no clock, no database, no port.

In this order, each step on what the step before left, and never below zero:

1. the tier's percentage off,
2. the promotion, a percentage or an amount.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ..domain_driven_design.discount import Discount, PercentageOff
from ..domain_driven_design.money import Money
from ..domain_driven_design.order import Order


class Tier(StrEnum):
    """How long a customer has been a good one."""

    STANDARD = "standard"
    SILVER = "silver"
    GOLD = "gold"


NO_DISCOUNT = PercentageOff(Decimal(0))


@dataclass(frozen=True, slots=True)
class Quote:
    """What the customer sees; ``subtotal`` less the discounts is the total."""

    subtotal: Money
    tier_discount: Money
    promotion_discount: Money

    @property
    def total(self) -> Money:
        return self.subtotal - self.tier_discount - self.promotion_discount


class OrderPricing:
    """Quotes orders by the discount of each tier; a tier without has none."""

    def __init__(self, tiers: Mapping[Tier, Discount]) -> None:
        self._tiers = tiers

    def quote(
        self, order: Order, tier: Tier, promotion: Discount = NO_DISCOUNT
    ) -> Quote:
        subtotal = order.total
        for_tier = self._tiers.get(tier, NO_DISCOUNT).apply_to(subtotal)
        to_pay = promotion.apply_to(for_tier)
        return Quote(subtotal, subtotal - for_tier, for_tier - to_pay)
