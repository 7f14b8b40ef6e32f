"""A domain service: what an order costs this customer with this promotion.

The rule needs the order, the customer's tier and the promotion, and belongs
to none of them. It is pure: no clock, no database, no port.

In this order, each step on what the step before left, each discount rounded
half up to whole cents and never more than what is left:

1. the tier's percentage off,
2. the promotion, a percentage or an amount.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from .order import Order
from .order_values import is_price

CENT = Decimal("0.01")


class Tier(StrEnum):
    """How long a customer has been a good one."""

    STANDARD = "standard"
    SILVER = "silver"
    GOLD = "gold"


@dataclass(frozen=True, slots=True)
class PercentOff:
    """From 0 to 100 per cent, with four decimals at most."""

    percent: Decimal

    def __post_init__(self) -> None:
        if not (self.percent.is_finite() and 0 <= self.percent <= 100):
            raise ValueError("A percentage is from 0 to 100")
        if self.percent != round(self.percent, 4):
            raise ValueError("A percentage has four decimals at most")

    def discount_on(self, amount: Decimal) -> Decimal:
        return (amount * self.percent / 100).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class AmountOff:
    """At most what there is to pay: a promotion pays nothing out."""

    amount: Decimal

    def __post_init__(self) -> None:
        if not is_price(self.amount):
            raise ValueError("An amount is not negative, in whole cents")

    def discount_on(self, amount: Decimal) -> Decimal:
        return min(self.amount, amount)


Promotion = PercentOff | AmountOff
NO_PROMOTION = PercentOff(Decimal(0))


@dataclass(frozen=True, slots=True)
class Quote:
    """What the customer sees; ``subtotal`` less the discounts is the total."""

    subtotal: Decimal
    tier_discount: Decimal
    promotion_discount: Decimal

    @property
    def total(self) -> Decimal:
        return self.subtotal - self.tier_discount - self.promotion_discount


class Pricing:
    """Quotes orders by the discount of each tier; a tier without has none."""

    def __init__(self, tiers: Mapping[Tier, PercentOff]) -> None:
        self._tiers = tiers

    def quote(
        self, order: Order, tier: Tier, promotion: Promotion = NO_PROMOTION
    ) -> Quote:
        subtotal = order.total
        tier_discount = self._tiers.get(tier, NO_PROMOTION).discount_on(
            subtotal
        )
        return Quote(
            subtotal,
            tier_discount,
            promotion.discount_on(subtotal - tier_discount),
        )
