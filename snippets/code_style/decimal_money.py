"""Money is Decimal: made from text, rounded once, at a place you can name.

Amounts have two decimals and stay below LIMIT. A type with a currency is the
next step.
"""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
LIMIT = Decimal(10) ** 15  # well within the 28 digits that Decimal calculates
WRITTEN = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def amount(text: str) -> Decimal:
    """An amount as it was written. ValueError if it is not in whole cents.

    Nor is it written with an exponent, white space, ``_`` or the digits of
    another script: Decimal reads all of these.
    """
    if not WRITTEN.fullmatch(text) or not in_whole_cents(Decimal(text)):
        raise ValueError(f"{text!r:.40} is not an amount in whole cents")
    return Decimal(text).quantize(CENT) + 0  # + 0: no minus zero


def in_cents(value: Decimal) -> int:
    """What payment providers want. ValueError rather than a rounded cent."""
    if not in_whole_cents(value):
        raise ValueError(f"{value} is not in whole cents")
    return int(value * 100)


def with_tax(net: Iterable[Decimal], rate: Decimal) -> Decimal:
    """The sum with tax: exact to the end, then rounded once, half up.

    ValueError if an amount, the rate or the result is NaN, infinite or beyond
    LIMIT.
    """
    total = sum(map(bounded, net), Decimal(0)) * (1 + bounded(rate))
    rounded = bounded(total).quantize(CENT, ROUND_HALF_UP)
    return bounded(rounded) + 0


def in_whole_cents(value: Decimal) -> bool:
    """Whether it is an amount; NaN, infinity and 1E+30 are none."""
    return is_bounded(value) and value == value.quantize(CENT)


def bounded(value: Decimal) -> Decimal:
    """The value itself. ValueError for what cannot be calculated with."""
    if not is_bounded(value):
        raise ValueError(f"{value} is not below {LIMIT}")
    return value


def is_bounded(value: Decimal) -> bool:
    """Whether one can calculate with it and lose no digit."""
    return value.is_finite() and value.copy_abs() < LIMIT
