"""Broken: rounds each part, and the parts no longer make the whole."""

from decimal import ROUND_HALF_EVEN, Decimal

from .money import Money


def split(total: Money, parts: int) -> list[Money]:
    share = (total.amount / parts).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    return [Money(share, total.currency)] * parts
