"""Money is Decimal: made from text, rounded once, at a place you can name.

Amounts have two decimals. A type with a currency is the next step.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")


def amount(text: str) -> Decimal:
    """An amount as it was written. ValueError if it is not in whole cents."""
    try:
        value = Decimal(text)
        in_whole_cents = value.quantize(CENT)
    except InvalidOperation as error:  # no number, or more than 28 digits
        raise ValueError(f"{text!r} is not an amount") from error
    if value != in_whole_cents:  # which NaN never equals
        raise ValueError(f"{text!r} is not an amount in whole cents")
    return in_whole_cents


def in_cents(value: Decimal) -> int:
    """What payment providers want. ValueError rather than a rounded cent."""
    if value != value.quantize(CENT):
        raise ValueError(f"{value} is not in whole cents")
    return int(value * 100)


def with_tax(net: Iterable[Decimal], rate: Decimal) -> Decimal:
    """The sum with tax: exact to the end, then rounded once, half up."""
    total = sum(net, Decimal(0)) * (1 + rate)
    return total.quantize(CENT, ROUND_HALF_UP)
