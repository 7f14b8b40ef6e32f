"""Money: an exact amount of one currency; only `rounded` ever rounds."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import total_ordering
from typing import Self, final

MINOR_DIGITS = {"CHF": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3, "USD": 2}
"""Decimal places by ISO 4217 code, for the currencies this shop sells in."""

LIMIT = Decimal(10) ** 15  # well within the 28 digits that Decimal calculates


class CurrencyMismatchError(ValueError):
    """Two currencies met; an exchange rate is a business decision."""


def minor_unit(currency: str) -> Decimal:
    """The smallest amount: 0.01 for EUR, 1 for JPY; ValueError if unknown."""
    if currency not in MINOR_DIGITS:
        raise ValueError(f"Unknown currency: {currency!r}")
    return Decimal(1).scaleb(-MINOR_DIGITS[currency])


def finite(amount: Decimal) -> Decimal:
    """The amount itself, if one can calculate with it; see Money."""
    if not isinstance(amount, Decimal):
        raise TypeError(f"Not a Decimal: {amount!r}")
    if not amount.is_finite() or amount.copy_abs() >= LIMIT:
        raise ValueError(f"Not below {LIMIT}: {amount!s:.40}")
    return amount


@final
@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount, negative for a refund, in whole minor units of a currency.

    Raises:
        TypeError: the amount, or the other operand, is a float or the like.
        ValueError: unknown currency, a fraction of a minor unit, LIMIT.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        unit = minor_unit(self.currency)
        exact = finite(self.amount).quantize(unit) + 0  # no minus zero
        if exact != self.amount:
            raise ValueError(f"A fraction of a minor unit: {self.amount}")
        object.__setattr__(self, "amount", exact)

    @classmethod
    def of(cls, amount: str | int, currency: str) -> Self:
        """``Money.of("9.99", "EUR")``: ASCII digits, and no exponent."""
        if not isinstance(amount, str | int):
            raise TypeError(f"Not exact: {amount!r}")
        if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", str(amount)):
            raise ValueError(f"Not an amount: {amount!r:.40}")
        return cls(Decimal(amount), currency)

    @classmethod
    def rounded(cls, amount: Decimal, currency: str) -> Self:
        """The nearest whole minor unit, half to even."""
        unit = minor_unit(currency)
        return cls(finite(amount).quantize(unit, ROUND_HALF_EVEN), currency)

    @property
    def minor_units(self) -> int:
        """As payment providers count: 999 for 9.99 EUR."""
        return int(self.amount // minor_unit(self.currency))

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._comparable(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._comparable(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __mul__(self, quantity: int) -> "Money":
        if type(quantity) is not int:
            raise TypeError("Only whole quantities are exact: see rounded()")
        return Money(self.amount * quantity, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._comparable(other)

    def allocate(self, *ratios: int) -> list["Money"]:
        """Split by ratios; the parts add up to the whole, to the cent.

        Left-over units go to the largest remainders, the earlier first. The
        parts of a refund mirror the parts of its payment. Raises ValueError:
        no ratio, a negative one, or all zero.
        """
        if min(ratios, default=0) < 0 or not sum(ratios):
            raise ValueError(f"Ratios must be positive: {ratios}")
        units = abs(self.minor_units)
        shares = [units * ratio // sum(ratios) for ratio in ratios]
        remainders = [units * ratio % sum(ratios) for ratio in ratios]
        by_remainder = sorted(range(len(ratios)), key=lambda i: -remainders[i])
        for index in by_remainder[: units - sum(shares)]:
            shares[index] += 1
        unit = minor_unit(self.currency).copy_sign(self.amount)
        return [Money(unit * share, self.currency) for share in shares]

    def _comparable(self, other: "Money") -> Decimal:
        if not isinstance(other, Money):
            raise TypeError(f"Not money: {other!r}")
        if other.currency != self.currency:
            raise CurrencyMismatchError(f"{self.currency}, {other.currency}")
        return other.amount
