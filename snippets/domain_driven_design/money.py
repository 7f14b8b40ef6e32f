"""Money: an exact amount of one currency, and arithmetic that keeps it exact.

Amounts are whole minor units (cents). Rounding happens only where the name
says so, half to even. Allocation after Fowler, Patterns of Enterprise
Application Architecture (2002): no cent is lost and none appears.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import total_ordering
from typing import Self

MINOR_DIGITS = {"CHF": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3, "USD": 2}
"""Decimal places by ISO 4217 code, for the currencies this shop sells in."""

LIMIT = Decimal(10) ** 15
"""Amounts stay below it, so that 28-digit Decimal arithmetic stays exact."""


def minor_unit(currency: str) -> Decimal:
    """The smallest amount: 0.01 for EUR, 1 for JPY.

    Raises:
        ValueError: not a currency of this shop.
    """
    if currency not in MINOR_DIGITS:
        raise ValueError(f"Unknown currency: {currency!r}")
    return Decimal(1).scaleb(-MINOR_DIGITS[currency])


class CurrencyMismatchError(ValueError):
    """Two currencies met; an exchange rate is a business decision."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount, negative for a refund, in whole minor units of a currency.

    Raises:
        TypeError: the amount is not a Decimal.
        ValueError: unknown currency, a fraction of a minor unit, LIMIT.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"Amount must be Decimal: {self.amount!r}")
        unit = minor_unit(self.currency)
        if not self.amount.is_finite() or abs(self.amount) >= LIMIT:
            raise ValueError(f"Not below {LIMIT}: {self.amount}")
        if self.amount % unit:
            raise ValueError(f"A fraction of a minor unit: {self.amount}")

    @classmethod
    def of(cls, amount: str | int, currency: str) -> Self:
        """``Money.of("9.99", "EUR")``"""
        return cls(Decimal(amount), currency)

    @classmethod
    def rounded(cls, amount: Decimal, currency: str) -> Self:
        """The nearest whole minor unit, half to even."""
        rounded = amount.quantize(minor_unit(currency), ROUND_HALF_EVEN)
        return cls(rounded, currency)

    def __add__(self, other: "Money") -> "Money":
        self._require_same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return self + -other

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __mul__(self, quantity: int) -> "Money":
        if not isinstance(quantity, int):
            raise TypeError("Only whole quantities are exact: see rounded()")
        return Money(self.amount * quantity, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._require_same_currency(other)
        return self.amount < other.amount

    def allocate(self, *ratios: int) -> list["Money"]:
        """Split by ratios; the parts add up to the whole, to the cent.

        Left-over units go to the largest remainders, the earlier first. The
        parts of a refund mirror the parts of the payment.

        Raises:
            ValueError: no ratio, a negative one, or all zero.
        """
        if min(ratios, default=0) < 0 or not sum(ratios):
            raise ValueError(f"Ratios must be positive: {ratios}")
        units = int(abs(self.amount) / minor_unit(self.currency))
        parts, remainders = zip(
            *(divmod(units * ratio, sum(ratios)) for ratio in ratios),
            strict=True,
        )
        by_remainder = sorted(
            range(len(ratios)), key=remainders.__getitem__, reverse=True
        )
        shares = list(parts)
        for index in by_remainder[: units - sum(parts)]:
            shares[index] += 1
        unit = minor_unit(self.currency).copy_sign(self.amount)
        return [Money(unit * share, self.currency) for share in shares]

    def _require_same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatchError(f"{self.currency}, {other.currency}")
