"""Discounts: values that lower a price, and never below zero.

Each kind is a type of its own, so that no price can be lowered by a bare
number of unknown meaning.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from .money import Money


class Discount(Protocol):
    """Anything that turns a price into a lower one, or the same.

    Raises:
        ValueError: the price is negative: a refund is not discounted.
    """

    def apply_to(self, price: Money) -> Money: ...


@dataclass(frozen=True, slots=True)
class PercentageOff:
    """``percent`` of the price; the cut is rounded once, half to even.

    Raises:
        TypeError: no Decimal.
        ValueError: outside of 0 to 100, or more than four decimals.
    """

    percent: Decimal

    def __post_init__(self) -> None:
        if not isinstance(self.percent, Decimal):
            raise TypeError(f"Not a Decimal: {self.percent!r}")
        if not (self.percent.is_finite() and 0 <= self.percent <= 100):
            raise ValueError(f"Not between 0 and 100: {self.percent}")
        if self.percent != round(self.percent, 4):
            raise ValueError(f"More than four decimals: {self.percent}")

    def apply_to(self, price: Money) -> Money:
        cut = not_negative(price).amount * self.percent / 100
        return price - Money.rounded(cut, price.currency)


@dataclass(frozen=True, slots=True)
class AmountOff:
    """A fixed amount, at most the price.

    Raises:
        ValueError: the amount is negative: that would be a surcharge.
    """

    amount: Money

    def __post_init__(self) -> None:
        not_negative(self.amount)

    def apply_to(self, price: Money) -> Money:
        return price - min(self.amount, not_negative(price))


def not_negative(money: Money) -> Money:
    """The money itself. Raises ValueError if it is below zero."""
    if money.amount < 0:
        raise ValueError(f"Negative: {money}")
    return money


def best_price(price: Money, discounts: Iterable[Discount]) -> Money:
    """The lowest price that one discount gives: they do not add up."""
    offers = [discount.apply_to(price) for discount in discounts]
    return min([price, *offers])
